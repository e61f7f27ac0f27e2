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
        string label, Func<int, Task<IReadOnlyList<Figure>>> round) => (await AlternateAsync([(label, round)]))[0];

    /// <summary>Runs cases in turn, round by round, so that all meet the same minutes of the machine; one row for each.</summary>
    /// <param name="cases">What is compared.</param>
    public async Task<IReadOnlyList<IReadOnlyDictionary<string, double>>> AlternateAsync(
        IReadOnlyList<(string Label, Func<int, Task<IReadOnlyList<Figure>>> Round)> cases)
    {
        var figures = cases.Select(_ => new List<IReadOnlyList<Figure>>()).ToArray();
        for (var i = 0; i < Settings.Rounds; i++)
        {
            for (var j = 0; j < cases.Count; j++)
            {
                CancellationToken.ThrowIfCancellationRequested();
                Progress($"{cases[j].Label}: round {i + 1} of {Settings.Rounds}");
                figures[j].Add(await cases[j].Round(i));
            }
        }

        Progress("");
        return [.. cases.Select((each, j) => Report.Add(each.Label, figures[j]))];
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
