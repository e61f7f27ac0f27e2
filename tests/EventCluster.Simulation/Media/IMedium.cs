using EventCluster.Abstractions.Store;

namespace EventCluster.Simulation.Media;

/// <summary>What outlives a node: opens stores, and fails in its own ways.</summary>
internal interface IMedium : IAsyncDisposable
{
    /// <summary>Faults injected so far, by name.</summary>
    IEnumerable<KeyValuePair<string, int>> FaultCounts { get; }

    /// <summary>Opens the data for a new node.</summary>
    Task<ILogStore> OpenAsync();

    /// <summary>The node dies; with the power, what was not flushed goes too.</summary>
    void Crash(bool power);

    /// <summary>Turns seeded faults on or off.</summary>
    void SetFaults(bool on);

    /// <summary>Leaves little room, or plenty again.</summary>
    void SetFull(bool full);
}
