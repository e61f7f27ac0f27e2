namespace EventCluster.Hosting.Configuration;

/// <summary>What an operator can set of a node of a cluster, beside everything of a single node.</summary>
public sealed class ClusterNodeOptions : EventClusterOptions
{
    /// <summary>A node whose streams are kept in the shared store.</summary>
    public ClusterNodeOptions()
    {
        Store = StoreKind.Postgresql;
    }

    /// <summary>The cluster's name, as the shared store knows it.</summary>
    public string ClusterId => Store == StoreKind.AzureTables ? AzureTables.ClusterId : PostgreSql.ClusterId;

    /// <summary>Whether clients of the cluster can connect to this node.</summary>
    public bool HasGateway => Cluster.Gateway ?? Role.HasFlag(SiloRole.Backlog);

    /// <summary>What the node is for.</summary>
    [Option("what the node is for: hosting streams, serving clients, or both")]
    public SiloRole Role { get; set; } = SiloRole.Both;

    /// <summary>Its name in logs and in the membership.</summary>
    [Option("name of the node in logs and in the membership; empty for machine and port")]
    public string NodeName { get; set; } = "";

    /// <summary>How the nodes find each other and notice that one is gone.</summary>
    public ClusterSection Cluster { get; } = new();

    /// <summary>The shared store on Azure Tables.</summary>
    public AzureTablesSection AzureTables { get; } = new();

    /// <summary>Moving streams to new nodes.</summary>
    public RebalanceSection Rebalance { get; } = new();
}
