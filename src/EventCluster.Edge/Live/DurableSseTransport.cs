using EventCluster.Abstractions.Streams;
using EventCluster.Edge.Feeds;
using EventCluster.Edge.Framing;
using EventCluster.Edge.Http;
using EventCluster.Edge.Pumping;
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
    SubscriptionPump pump,
    DeadlineQueue deadlines,
    FrameWriter frames,
    LiveCursor cursors,
    IHostApplicationLifetime lifetime) : ISubscriberTransport
{
    /// <inheritdoc />
    public async Task RunAsync(ReadOperation read)
    {
        using var response = new LiveResponse(read.Context, options.Value, lifetime.ApplicationStopping);
        using var subscription = new LiveSubscription(feeds.Open(read.Name), pump, deadlines, read.Query, options.Value)
        {
            ExpiresAt = deadlines.In(options.Value.SseLifetime),
        };
        try
        {
            var first = await subscription.OpenAsync(read.Start, response.Ended);
            if (ErrorResponses.Of(first, read.Name) is { } fault)
            {
                await ProblemResponse.WriteAsync(read.Context, fault);
                return;
            }

            await LoopAsync(read, response, subscription, (ReadOutcome.Batch)first);
        }
        catch (OperationCanceledException)
        {
            // The client left, or the server stops: a clean end makes the client come back to its last control event.
        }
    }

    private async ValueTask LoopAsync(
        ReadOperation read, LiveResponse response, LiveSubscription subscription, ReadOutcome.Batch first)
    {
        var kind = first.Descriptor.ContentType.Kind;
        var framing = kind switch
        {
            PayloadKind.Json => SseFraming.DurableJson,
            PayloadKind.Text => SseFraming.DurableText,
            _ => SseFraming.DurableBase64,
        };
        var cursor = cursors.Next(read.Query.Cursor);
        var connection = new DurableSseConnection(response, framing, cursors, cursor)
        {
            Heartbeat = subscription.Heartbeat,
            ExpiresAt = subscription.ExpiresAt,
            EndsOnStop = true,
        };
        response.Begin(base64: framing == SseFraming.DurableBase64);
        var more = Write(subscription, response, framing, first, cursor);
        first = null!;
        while (await response.FlushAsync() && more)
        {
            var outcome = await subscription.NextAsync(connection, response);
            more = Write(subscription, response, framing, outcome, Math.Max(cursor, cursors.Next(clientCursor: null)));
            outcome = null;
        }
    }

    /// <summary>Writes one outcome into the buffer. False when the response ends with it.</summary>
    private bool Write(
        LiveSubscription subscription, LiveResponse response, SseFraming framing, ReadOutcome? outcome, long cursor)
    {
        if (outcome is not ReadOutcome.Batch batch)
        {
            // A gap under a running response ends it, and the reconnect gets the 410; so do the other refusals.
            return false;
        }

        if (batch.Slices.Count > 0)
        {
            DurableSseFrames.WriteDataStart(response.Output, framing);
            subscription.Position = framing == SseFraming.DurableBase64
                ? frames.WriteBase64(response.Output, batch, response.Slice)
                : frames.Write(response.Output, batch, framing, response.Slice);
            DurableSseFrames.WriteDataEnd(response.Output, framing);
        }

        var reached = subscription.Position.Sequence == batch.Next.Sequence;
        var closed = batch.AtEnd && reached;
        DurableSseFrames.WriteControl(
            response.Output, subscription.Position, cursor, reached && batch.UpToDate, closed);
        return !closed;
    }
}
