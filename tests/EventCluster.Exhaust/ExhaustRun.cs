using System.Diagnostics;
using System.Globalization;

namespace EventCluster.Exhaust;

/// <summary>
/// Runs a real server against the limits of its system: <c>[--sample] [--case PART] [--seconds N] [--list]</c>. Prints one line
/// per case as it goes, and the count at the end. <c>--stalled [--case PART]</c> measures readers that take nothing instead.
/// </summary>
internal static class ExhaustRun
{
    public static async Task<int> RunAsync(string[] arguments)
    {
        var isSample = arguments.Contains("--sample");
        var part = Value(arguments, "--case");
        var seconds = Value(arguments, "--seconds") is { } text ? int.Parse(text, CultureInfo.InvariantCulture) : isSample ? 1 : 4;
        var cases = (isSample ? ExhaustCase.Sample : ExhaustCase.All)
            .Where(one => part is null || one.Name.Contains(part, StringComparison.Ordinal)).ToList();
        if (arguments.Contains("--stalled"))
        {
            return await StalledReaders.RunAsync(part);
        }

        if (arguments.Contains("--list"))
        {
            cases.ForEach(static one => Console.WriteLine(one.Name));
            return 0;
        }

        var (passed, failed, skipped, begun) = (0, 0, 0, Stopwatch.StartNew());
        var many = new ParallelOptions { MaxDegreeOfParallelism = isSample ? Math.Max(1, cases.Count) : 1 };
        await Parallel.ForEachAsync(cases, many, async (one, _) =>
        {
            Console.WriteLine($"[{begun.Elapsed:hh\\:mm\\:ss}] {one.Name} ...");
            var verdict = await TryAsync(one, TimeSpan.FromSeconds(seconds));
            lock (cases)
            {
                Console.WriteLine($"    {one.Name}: {verdict}");
                (passed, failed, skipped) = verdict.Skipped is not null ? (passed, failed, skipped + 1)
                    : verdict.Faults.Count == 0 ? (passed + 1, failed, skipped) : (passed, failed + 1, skipped);
            }
        });

        Console.WriteLine($"{passed} passed, {failed} failed, {skipped} skipped");
        return failed == 0 && passed > 0 ? 0 : 1;
    }

    private static async Task<Verdict> TryAsync(ExhaustCase one, TimeSpan time)
    {
        try
        {
            return await one.RunAsync(time);
        }
        catch (Exception e)
        {
            return new Verdict { Faults = { $"{e.GetType().Name}: {e.Message}" } };
        }
    }

    private static string? Value(string[] arguments, string name)
    {
        var at = Array.IndexOf(arguments, name);
        return at >= 0 && at + 1 < arguments.Length ? arguments[at + 1] : null;
    }
}
