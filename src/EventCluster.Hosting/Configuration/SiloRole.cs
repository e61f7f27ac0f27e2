namespace EventCluster.Hosting.Configuration;

/// <summary>What a node of a cluster is for.</summary>
public enum SiloRole
{
    /// <summary>It hosts streams, and answers only probes over HTTP.</summary>
    Backlog = 1,

    /// <summary>It serves clients and hosts no streams.</summary>
    Edge = 2,

    /// <summary>It does both.</summary>
    Both = 3,
}
