using EventCluster.TestKit.Subscribers;

namespace EventCluster.Edge.Tests.Transports;

public sealed class CompositeConformanceTests : EdgeTransportConformance
{
    protected override ISubscriberClient Client { get; } = new CompositeClient(Companion);
}
