namespace EventCluster.Orleans.Placement;

/// <summary>What a silo is for.</summary>
[Flags]
public enum SiloRoles
{
    /// <summary>Hosts streams.</summary>
    Backlog = 1,

    /// <summary>Serves clients.</summary>
    Edge = 2,

    /// <summary>Hosts streams and serves clients.</summary>
    Both = Backlog | Edge,
}
