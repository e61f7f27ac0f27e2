namespace EventCluster.Orleans.Rebalancing;

/// <summary>What a silo says of itself to the one that compares.</summary>
[GenerateSerializer]
[Immutable]
[Alias("ec.rebalance-report")]
internal sealed record RebalanceReport
{
    /// <summary>The silo's address as text.</summary>
    [Id(0)]
    public required string Silo { get; init; }

    /// <summary>Streams that it has in memory.</summary>
    [Id(1)]
    public required int Owned { get; init; }

    /// <summary>The addresses of the active backlog silos as this one sees them.</summary>
    [Id(2)]
    public required string[] Active { get; init; }

    /// <summary>Most streams in one step.</summary>
    [Id(3)]
    public required int Most { get; init; }
}
