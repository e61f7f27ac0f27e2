using EventCluster.TestKit.Subscribers;
using Microsoft.AspNetCore.Http.Connections;

namespace EventCluster.Edge.Tests.Transports;

public sealed class SignalRServerSentEventsConformanceTests : EdgeTransportConformance
{
    protected override ISubscriberClient Client { get; } = new SignalRClient(HttpTransportType.ServerSentEvents);
}
