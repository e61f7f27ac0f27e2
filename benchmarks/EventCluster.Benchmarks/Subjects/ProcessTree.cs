using System.Diagnostics;
using EventCluster.Benchmarks.Generator;

namespace EventCluster.Benchmarks.Subjects;

/// <summary>Started processes and their children: the processor time and memory of all of them. Ends only what it started.</summary>
public sealed class ProcessTree(IReadOnlyList<int> roots, Func<ValueTask> end) : IAsyncDisposable
{
    /// <summary>One process and its children.</summary>
    public ProcessTree(Process root, Func<ValueTask> end)
        : this([root.Id], end)
    {
    }

    /// <summary>Processor time used so far.</summary>
    public TimeSpan ProcessorTime => Ids().Aggregate(TimeSpan.Zero, (sum, id) => sum + Libc.ProcessorTime(id));

    /// <summary>Resident memory; pages that several processes share count once in all.</summary>
    public long ResidentBytes => Ids().Sum(ProportionalBytes);

    /// <summary>Starts a program that stays in the foreground.</summary>
    public static ProcessTree Start(string program, IEnumerable<string> arguments, params (string Name, string Value)[] environment)
    {
        var start = new ProcessStartInfo(program) { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }

        var process = Process.Start(start)!;
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return new ProcessTree(process, async () =>
        {
            process.Kill(entireProcessTree: true);
            await process.WaitForExitAsync();
            process.Dispose();
        });
    }

    /// <inheritdoc />
    public ValueTask DisposeAsync() => end();

    private static long ProportionalBytes(int process)
    {
        var line = File.ReadLines($"/proc/{process}/smaps_rollup").First(line => line.StartsWith("Pss:", StringComparison.Ordinal));
        return long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1]) * 1024;
    }

    private List<int> Ids()
    {
        List<int> ids = [.. roots];
        for (var i = 0; i < ids.Count; i++)
        {
            ids.AddRange(File.ReadAllText($"/proc/{ids[i]}/task/{ids[i]}/children")
                .Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(int.Parse));
        }

        return ids;
    }
}
