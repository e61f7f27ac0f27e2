using EventCluster.TestKit.Subscribers;

namespace EventCluster.Edge.Tests.Transports;

public sealed class DurableSseConformanceTests : EdgeTransportConformance
{
    protected override ISubscriberClient Client { get; } = new DurableSseClient();
}
