using EventCluster.TestKit.History;

namespace EventCluster.Simulation;

/// <summary>What a run came to. Equal seeds give equal results.</summary>
/// <param name="Seed">The seed.</param>
/// <param name="Steps">Actions started.</param>
/// <param name="Counts">How often each thing happened, faults included, by name.</param>
/// <param name="TraceHash">Hash over every line of the trace.</param>
/// <param name="Violations">Broken promises; empty for a good run.</param>
/// <param name="History">What producers and readers saw.</param>
public sealed record SimulationResult(
    int Seed,
    int Steps,
    IReadOnlyDictionary<string, int> Counts,
    string TraceHash,
    IReadOnlyList<string> Violations,
    HistoryRecorder History)
{
    /// <summary>One line.</summary>
    public override string ToString() =>
        $"seed {Seed}: {Steps} steps, {string.Join(", ", Counts.Select(c => $"{c.Value} {c.Key}"))}, "
        + $"trace {TraceHash}: {(Violations.Count == 0 ? "ok" : $"{Violations.Count} VIOLATIONS")}";
}
