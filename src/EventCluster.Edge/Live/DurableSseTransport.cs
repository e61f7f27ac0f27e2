using EventCluster.Abstractions.Streams;
using EventCluster.Delivery.Feeds;
using EventCluster.Delivery.Framing;
using EventCluster.Delivery.Pump;
using EventCluster.Delivery.Timing;
using EventCluster.Edge.Http;
using EventCluster.Edge.Peers;
using EventCluster.Protocol;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace EventCluster.Edge.Live;

/// <summary>
/// <c>live=sse</c> (Durable Streams 5.8): each slice is one <c>data</c> event and one <c>control</c> event; the response
/// ends after about a minute so that caches can collapse its successors.
/// </summary>
internal sealed class DurableSseTransport(
    IOptions<EdgeOptions> options,
    FeedDirectory feeds,
    SubscriptionPumps pumps,
    DeadlineQueue deadlines,
    FrameWriter frames,
    PinnedBlocks pins,
    LiveCursor cursors,
    PeerWatcher peers,
    IHostApplicationLifetime lifetime) : ISubscriberTransport
{
    /// <inheritdoc />
    public async Task RunAsync(ReadOperation read)
    {
        using var response = new LiveResponse(read.Context, options.Value, lifetime.ApplicationStopping);
        using var subscription = new LiveSubscription(feeds.Open(read.Stream), pumps, deadlines, read.Query, options.Value)
        {
            ExpiresAt = deadlines.In(options.Value.SseLifetime),
        };
        using var watch = peers.Watch(read.Context, subscription.Heartbeat);
        try
        {
            var connection = await BeginAsync(read, response, subscription);

            // A response may stay for a while: what only its beginning needs is let go.
            read = null!;
            while (connection is not null && await SendAsync(response, subscription, connection) && !subscription.IsOver)
            {
                if (await subscription.NextAsync(response) is { } outcome)
                {
                    connection = Write(subscription, response, outcome, connection);
                }
                else if (!subscription.Settle(connection, await subscription.FollowAsync(connection, response), response))
                {
                    return;
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The client left, or the server stops: a clean end makes the client come back to its last control event.
        }
    }

    /// <summary>The answer up to what the first read found; null when that is all.</summary>
    private async ValueTask<DurableSseConnection?> BeginAsync(
        ReadOperation read, LiveResponse response, LiveSubscription subscription)
    {
        var first = await subscription.OpenAsync(read.Start, response.Ended);
        if (first is not ReadOutcome.Batch batch)
        {
            await ProblemResponse.WriteAsync(read.Context, ErrorResponses.Of(first, read.Name)!);
            return null;
        }

        var framing = batch.Descriptor.ContentType.Kind switch
        {
            PayloadKind.Json => SseFraming.DurableJson,
            PayloadKind.Text => SseFraming.DurableText,
            _ => SseFraming.DurableBase64,
        };
        response.Begin(ResponseHeaders.EventStream, base64: framing == SseFraming.DurableBase64);
        return Write(subscription, response, batch, new DurableSseConnection(
            response, framing, cursors, cursors.Next(read.Query.Cursor))
        {
            Heartbeat = subscription.Heartbeat,
            ExpiresAt = subscription.ExpiresAt,
            EndsOnStop = true,
        });
    }

    /// <summary>Writes one outcome into the buffer. Null when the response ends with it.</summary>
    private DurableSseConnection? Write(
        LiveSubscription subscription, LiveResponse response, ReadOutcome outcome, DurableSseConnection connection)
    {
        if (outcome is not ReadOutcome.Batch batch)
        {
            // A gap under a running response ends it, and the reconnect gets the 410; so do the other refusals.
            return null;
        }

        if (batch.Slices.Count > 0 && !TryWriteData(subscription, response, batch, connection.Framing))
        {
            subscription.Large = LargeFrame.OfDurable(batch, connection.Framing);
            return connection;
        }

        var reached = batch.EndsAt(subscription.Position);
        var closed = batch.AtEnd && reached;
        DurableSseFrames.WriteControl(
            response.Output, subscription.Position, connection.Cursor, reached && batch.UpToDate, closed);
        return closed ? null : connection;
    }

    /// <summary>Writes a <c>data</c> event; false when its first event does not fit a slice.</summary>
    private bool TryWriteData(
        LiveSubscription subscription, LiveResponse response, ReadOutcome.Batch batch, SseFraming framing)
    {
        if (!frames.Fits(batch, framing, response.MaxSlice))
        {
            return false;
        }

        DurableSseFrames.WriteDataStart(response.Output, framing);
        subscription.Position = framing == SseFraming.DurableBase64
            ? frames.WriteBase64(response.Output, batch, response.Slice, response.MaxSlice)
            : frames.Write(response.Output, batch, framing, response.Slice, response.MaxSlice);
        DurableSseFrames.WriteDataEnd(response.Output, framing);
        return true;
    }

    /// <summary>
    /// Hands over what was written, and a <c>data</c> event that is larger than a slice. False when the response is over.
    /// </summary>
    private ValueTask<bool> SendAsync(
        LiveResponse response, LiveSubscription subscription, DurableSseConnection connection)
    {
        var large = subscription.Large;
        subscription.Large = null;
        return large is null ? response.FlushAsync() : SendLargeAsync(response, subscription, connection, large);
    }

    /// <summary>The <c>control</c> event goes out with the last slice.</summary>
    private async ValueTask<bool> SendLargeAsync(
        LiveResponse response, LiveSubscription subscription, DurableSseConnection connection, LargeEvent large)
    {
        var closed = false;
        var sender = new ResponseSender(pins.Delivery, response, subscription, () =>
        {
            var known = subscription.Known;
            var upToDate = known is not null && known.Tail == large.After;
            closed = upToDate && known!.Closed;
            DurableSseFrames.WriteControl(response.Output, large.After, connection.Cursor, upToDate, closed);
        });
        return await response.SendAsync(sender, large) && !closed;
    }
}
