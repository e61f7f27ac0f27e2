namespace EventCluster.Orleans.Connections;

/// <summary>Which of a silo's ports a connection belongs to.</summary>
public enum ClusterPort
{
    /// <summary>The port between silos.</summary>
    Silo = 1,

    /// <summary>The port for clients of the cluster, which publish without HTTP.</summary>
    Gateway = 2,
}
