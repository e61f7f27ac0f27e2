using EventCluster.Abstractions.Streams;
using EventCluster.Delivery.Framing;
using EventCluster.Edge.Http;
using EventCluster.Protocol;

namespace EventCluster.Edge.Sessions;

/// <summary>Writes what happens to subscriptions, in the transport's own words, into the connection's buffer.</summary>
internal interface ISessionOutput
{
    /// <summary>Bytes that were written since the connection was last flushed.</summary>
    long Unflushed { get; }

    /// <summary>The start is resolved: <see cref="Subscription.Position"/>.</summary>
    /// <param name="subscription">The subscription.</param>
    /// <param name="stream">The stream.</param>
    /// <param name="isConfirmed">False when the tail could not be confirmed and is not to be named.</param>
    void Subscribed(Subscription subscription, StreamDescriptor stream, bool isConfirmed = true);

    /// <summary>
    /// Events from the beginning of a batch: as many whole frames as fit, at least one unless it does not fit any slice.
    /// </summary>
    /// <returns>
    /// The position after the last event written: the batch's own when the first event fits no slice, or no message that the
    /// client takes.
    /// </returns>
    StreamOffset Events(Subscription subscription, ReadOutcome.Batch batch, int maxBytes);

    /// <summary>The first event of a batch as a message that is written in parts.</summary>
    LargeEvent Large(Subscription subscription, ReadOutcome.Batch batch);

    /// <summary>The next part of such a message; nothing else may be written before its last one.</summary>
    void Part(LargeEvent large, int maxBytes);

    /// <summary>A range cannot be served; delivery goes on from <see cref="Subscription.Position"/>.</summary>
    void Gap(Subscription subscription, StreamGap gap);

    /// <summary>Nothing follows, for the reason of <see cref="Subscription.Ending"/>.</summary>
    void End(Subscription subscription, StreamOffset final);

    /// <summary>The subscription did not begin, or cannot go on.</summary>
    void Failed(Subscription subscription, RequestFault fault);
}
