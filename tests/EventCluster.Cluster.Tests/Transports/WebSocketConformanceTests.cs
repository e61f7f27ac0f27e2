using EventCluster.Cluster.Tests.Servers;
using EventCluster.TestKit.Subscribers;

namespace EventCluster.Cluster.Tests.Transports;

public sealed class WebSocketConformanceTests(SharedCluster cluster) : ClusterTransportConformance(cluster)
{
    protected override ISubscriberClient Client { get; } = new WebSocketClient();
}
