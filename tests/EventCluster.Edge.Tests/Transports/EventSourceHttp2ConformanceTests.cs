using EventCluster.TestKit.Subscribers;

namespace EventCluster.Edge.Tests.Transports;

public sealed class EventSourceHttp2ConformanceTests : EdgeTransportConformance
{
    protected override ISubscriberClient Client { get; } = new EventSourceClient(http2: true);
}
