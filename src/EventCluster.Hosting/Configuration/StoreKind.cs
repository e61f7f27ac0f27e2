namespace EventCluster.Hosting.Configuration;

/// <summary>Which store remembers the streams.</summary>
public enum StoreKind
{
    /// <summary>The embedded journal in <see cref="EventClusterOptions.DataPath"/>.</summary>
    LocalDisk = 0,

    /// <summary>Process memory, gone at exit; for demonstrations and tests.</summary>
    Memory = 1,

    /// <summary>A PostgreSQL database, which many nodes can share.</summary>
    Postgresql = 2,

    /// <summary>Tables of an Azure storage account, which many nodes can share; for nodes of a cluster only.</summary>
    AzureTables = 3,
}
