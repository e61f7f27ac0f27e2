namespace EventCluster.Hosting.Configuration;

/// <summary>Where the nodes of a cluster find each other.</summary>
public enum MembershipKind
{
    /// <summary>In the database of the shared store.</summary>
    Postgresql = 0,

    /// <summary>At a port of this machine: all nodes are here, and the first one must stay.</summary>
    Localhost = 1,

    /// <summary>In a table of the storage account of the shared store.</summary>
    AzureTables = 2,
}
