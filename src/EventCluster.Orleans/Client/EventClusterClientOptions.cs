using EventCluster.Orleans.Connections;
using EventCluster.Orleans.Directory;

namespace EventCluster.Orleans.Client;

/// <summary>Options of an <see cref="EventClusterClient"/>.</summary>
public sealed class EventClusterClientOptions
{
    /// <summary>
    /// A name of this publisher that stays the same when it starts again and that no other running process has, a pod's
    /// name for example. It bounds what streams remember of it. Null draws one by chance, so that every start counts as a
    /// new producer of each stream that it appends to.
    /// </summary>
    public string? Name { get; set; }

    /// <summary>
    /// Where the gateways are: <c>HOST</c> or <c>HOST:PORT</c>, an IP address or a DNS name that may stand for several and is
    /// looked up every 5 s. Empty when the application says where the membership is, <c>UseAdoNetClustering</c> for example.
    /// </summary>
    public IList<string> Gateways { get; } = [];

    /// <summary>What the silos have as <c>Cluster:Secret</c>; null when they have none. It is proven, never sent.</summary>
    public ClusterSecret? Secret { get; set; }

    /// <summary>This publisher's certificate and the cluster's authorities, when the silos have <c>Cluster:Tls</c>.</summary>
    public ClusterTls? Tls { get; set; }

    /// <summary>Timeouts and limits of calls.</summary>
    public OrleansStreamDirectoryOptions Calls { get; } = new() { AppendCopyAfter = TimeSpan.FromMilliseconds(250) };
}
