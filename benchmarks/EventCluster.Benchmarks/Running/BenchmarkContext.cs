namespace EventCluster.Benchmarks.Running;

/// <summary>What a running benchmark is given.</summary>
/// <param name="Settings">The command line.</param>
/// <param name="Report">Where the rows go.</param>
/// <param name="CancellationToken">Ctrl+C.</param>
public sealed record BenchmarkContext(BenchmarkSettings Settings, Report Report, CancellationToken CancellationToken)
{
    /// <summary>Runs the rounds of one case and adds one row of medians.</summary>
    /// <param name="label">The case.</param>
    /// <param name="round">One round; returns its figures, always with the same names.</param>
    public async Task<IReadOnlyDictionary<string, double>> MeasureAsync(
        string label, Func<int, Task<IReadOnlyList<Figure>>> round)
    {
        var rounds = new List<IReadOnlyList<Figure>>();
        for (var i = 0; i < Settings.Rounds; i++)
        {
            CancellationToken.ThrowIfCancellationRequested();
            Progress($"{label}: round {i + 1} of {Settings.Rounds}");
            rounds.Add(await round(i));

            // A round may end on the sockets' polling thread, which must not be kept from polling by what comes next.
            await Task.Yield();
        }

        Progress("");
        return Report.Add(label, rounds);
    }

    /// <summary>Shows what is going on, on standard error.</summary>
    public static void Progress(string text)
    {
        if (!Console.IsErrorRedirected)
        {
            Console.Error.Write($"\r{text,-78}\r");
        }
        else if (text.Length > 0)
        {
            Console.Error.WriteLine(text);
        }
    }
}
