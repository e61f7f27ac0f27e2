using EventCluster.TestKit.Subscribers;

namespace EventCluster.Edge.Tests.Transports;

public sealed class ShortPollConformanceTests : EdgeTransportConformance
{
    protected override ISubscriberClient Client { get; } = new PollClient(isLong: false);
}
