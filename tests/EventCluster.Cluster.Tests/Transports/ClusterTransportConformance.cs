using EventCluster.Cluster.Tests.Servers;
using EventCluster.Conformance.Transports;

namespace EventCluster.Cluster.Tests.Transports;

/// <summary>
/// The suite through the load balancer. What stops under a client is its edge, and with it every other one that was there; the
/// cluster goes on.
/// </summary>
public abstract class ClusterTransportConformance(SharedCluster cluster) : SubscriberTransportConformance
{
    private static int _streams;

    protected override string Stream { get; } = $"transports/{Interlocked.Increment(ref _streams)}";

    protected override async ValueTask<SubscriberServer> StartServerAsync()
    {
        await cluster.CompleteEdgesAsync();
        return new SubscriberServer(cluster.Url, cluster.Url, cluster.ReplaceEdgesAsync) { IsShared = true };
    }
}
