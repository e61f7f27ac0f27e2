using EventCluster.TestKit.Subscribers;

namespace EventCluster.Edge.Tests.Transports;

public sealed class LongPollConformanceTests : EdgeTransportConformance
{
    protected override ISubscriberClient Client { get; } = new PollClient(isLong: true);
}
