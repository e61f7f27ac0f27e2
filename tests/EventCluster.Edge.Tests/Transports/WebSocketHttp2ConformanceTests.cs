using EventCluster.TestKit.Subscribers;

namespace EventCluster.Edge.Tests.Transports;

public sealed class WebSocketHttp2ConformanceTests : EdgeTransportConformance
{
    protected override ISubscriberClient Client { get; } = new WebSocketClient(http2: true);
}
