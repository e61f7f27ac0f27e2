using EventCluster.TestKit.Network;

namespace EventCluster.Failover.Partitions;

/// <summary>The commands <c>partitions</c> and <c>standby</c>.</summary>
internal static class PartitionProgram
{
    /// <summary>Partitions, one after the other on one cluster; the result is the exit code.</summary>
    public static async Task<int> RunPartitionsAsync(string[] args, CancellationToken cancellationToken)
    {
        if (await ParseAsync(args, PartitionOptions.Parse) is not { } options)
        {
            return 2;
        }

        if (SkipIfMissing())
        {
            return 0;
        }

        var run = new PartitionRun(options, Console.Error, TimeProvider.System);
        await GuardAsync(run.RunAsync, run.Faults, cancellationToken);
        return Report(run.Faults.Count == 0 ? run.Made : 0, run.Faults);
    }

    /// <summary>Changes of the database's primary, each under a cluster of its own; the result is the exit code.</summary>
    public static async Task<int> RunStandbysAsync(string[] args, CancellationToken cancellationToken)
    {
        if (await ParseAsync(args, StandbyOptions.Parse) is not { } options)
        {
            return 2;
        }

        if (SkipIfMissing())
        {
            return 0;
        }

        List<string> faults = [];
        var passed = 0;
        foreach (var it in options.Cases)
        {
            var run = new StandbyRun(it, options, Console.Error, TimeProvider.System);
            await GuardAsync(run.RunAsync, run.Faults, cancellationToken);
            faults.AddRange(run.Faults.Select(fault => $"{it.Name}: {fault}"));
            passed += run.Faults.Count == 0 ? 1 : 0;
        }

        return Report(passed, faults);
    }

    private static async Task<T?> ParseAsync<T>(string[] args, Func<string[], T> parse)
        where T : class
    {
        try
        {
            return parse(args);
        }
        catch (FormatException e)
        {
            await Console.Error.WriteLineAsync(e.Message);
            return null;
        }
    }

    private static bool SkipIfMissing()
    {
        if (NamespaceNetwork.FindMissing() is not { } missing)
        {
            return false;
        }

        Console.WriteLine($"skipped: {missing}");
        Console.WriteLine("0 passed, 0 failed, 1 skipped");
        return true;
    }

    private static async Task GuardAsync(Func<CancellationToken, Task> run, List<string> faults, CancellationToken cancellationToken)
    {
        try
        {
            await run(cancellationToken);
        }
        catch (Exception e)
        {
            faults.Add(cancellationToken.IsCancellationRequested ? "The run was ended before it was complete." : e.ToString());
        }
    }

    private static int Report(int passed, List<string> faults)
    {
        const int MostFaults = 40;
        foreach (var fault in faults.Take(MostFaults))
        {
            Console.WriteLine(fault);
        }

        Console.WriteLine($"{passed} passed, {faults.Count} failed");
        return faults.Count == 0 ? 0 : 1;
    }
}
