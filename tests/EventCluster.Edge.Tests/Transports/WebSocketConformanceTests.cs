using EventCluster.TestKit.Subscribers;

namespace EventCluster.Edge.Tests.Transports;

public sealed class WebSocketConformanceTests : EdgeTransportConformance
{
    protected override ISubscriberClient Client { get; } = new WebSocketClient();
}
