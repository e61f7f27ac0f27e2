namespace EventCluster.Failover.Partitions;

/// <summary>What a cluster in namespaces is made of.</summary>
internal sealed record NamespaceSetup
{
    /// <summary>Silos that own streams.</summary>
    public int Backlogs { get; init; } = 2;

    /// <summary>Silos that serve clients.</summary>
    public int Edges { get; init; } = 2;

    /// <summary>Whether the database has a standby that follows it.</summary>
    public bool HasStandby { get; init; }

    /// <summary>How silos reach the database, once it runs; null for the primary's own address.</summary>
    public Func<NamespaceCluster, Task<string>>? Connection { get; init; }
}
