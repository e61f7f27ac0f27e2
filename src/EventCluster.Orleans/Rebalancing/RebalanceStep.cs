namespace EventCluster.Orleans.Rebalancing;

/// <summary>What a silo should hand over next.</summary>
[GenerateSerializer]
[Immutable]
[Alias("ec.rebalance-step")]
internal sealed record RebalanceStep
{
    /// <summary>Nothing.</summary>
    public static readonly RebalanceStep None = new();

    /// <summary>How many streams.</summary>
    [Id(0)]
    public int Count { get; init; }

    /// <summary>To which silo; null for none.</summary>
    [Id(1)]
    public string? Target { get; init; }
}
