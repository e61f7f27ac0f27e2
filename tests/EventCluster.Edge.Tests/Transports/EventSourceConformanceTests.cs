using EventCluster.TestKit.Subscribers;

namespace EventCluster.Edge.Tests.Transports;

public sealed class EventSourceConformanceTests : EdgeTransportConformance
{
    protected override ISubscriberClient Client { get; } = new EventSourceClient();
}
