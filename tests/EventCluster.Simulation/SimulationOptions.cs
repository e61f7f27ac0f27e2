namespace EventCluster.Simulation;

/// <summary>One simulated run.</summary>
public sealed record SimulationOptions
{
    /// <summary>Decides everything that happens.</summary>
    public required int Seed { get; init; }

    /// <summary>Actions to start.</summary>
    public int Steps { get; init; } = 1_500;

    /// <summary>The device acknowledges flushes and loses the pages at a crash: the checker must notice.</summary>
    public bool SkipFlush { get; init; }

    /// <summary>Commits go to the in-memory store behind a faulty decorator, instead of the journal on a simulated disk.</summary>
    public bool InMemory { get; init; }

    /// <summary>Gets every line of the trace; null keeps only its hash.</summary>
    public TextWriter? TraceTo { get; init; }
}
