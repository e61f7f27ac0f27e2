using EventCluster.Abstractions.Streams;
using EventCluster.Edge.Http;
using EventCluster.Protocol;

namespace EventCluster.Edge.Sessions;

/// <summary>Writes what happens to subscriptions, in the transport's own words, into the connection's buffer.</summary>
internal interface ISessionOutput
{
    /// <summary>The start is resolved: <see cref="Subscription.Position"/>.</summary>
    void Subscribed(Subscription subscription, StreamDescriptor stream);

    /// <summary>Events from the beginning of a batch: as many whole frames as fit, at least one.</summary>
    /// <returns>The position after the last event written.</returns>
    StreamOffset Events(Subscription subscription, ReadOutcome.Batch batch, int maxBytes);

    /// <summary>A range cannot be served; delivery goes on from <see cref="Subscription.Position"/>.</summary>
    void Gap(Subscription subscription, StreamGap gap);

    /// <summary>The stream is closed and everything was delivered.</summary>
    void End(Subscription subscription, StreamOffset final);

    /// <summary>The subscription did not begin, or cannot go on.</summary>
    void Failed(Subscription subscription, RequestFault fault);
}
