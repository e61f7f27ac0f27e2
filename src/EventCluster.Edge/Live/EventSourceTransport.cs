using EventCluster.Abstractions.Streams;
using EventCluster.Edge.Feeds;
using EventCluster.Edge.Framing;
using EventCluster.Edge.Http;
using EventCluster.Edge.Pumping;
using EventCluster.Protocol;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace EventCluster.Edge.Live;

/// <summary>
/// Native EventSource framing: <c>id:</c> on every event, a first frame that primes the position, <c>event: gap</c> and
/// <c>event: end</c>, comments as heartbeats. A slow reader holds its offset and one slice.
/// </summary>
internal sealed class EventSourceTransport(
    IOptions<EdgeOptions> options,
    FeedDirectory feeds,
    SubscriptionPump pump,
    DeadlineQueue deadlines,
    FrameWriter frames,
    EdgeRandom random,
    IHostApplicationLifetime lifetime) : ISubscriberTransport
{
    /// <inheritdoc />
    public async Task RunAsync(ReadOperation read)
    {
        using var response = new LiveResponse(read.Context, options.Value, lifetime.ApplicationStopping);
        using var subscription = new LiveSubscription(feeds.Open(read.Name), pump, deadlines, read.Query, options.Value);
        try
        {
            var first = await subscription.OpenAsync(read.Start, response.Ended);
            if (await RefuseAsync(read, first))
            {
                return;
            }

            response.Begin(base64: false);
            await LoopAsync(read, response, subscription, first);
        }
        catch (OperationCanceledException) when (response.ClientIsThere)
        {
            // The server is stopping while this reader was waiting: it reconnects, spread in time.
            if (!read.Context.Response.HasStarted)
            {
                response.Begin(base64: false);
            }

            EventSourceFrames.WriteRetry(response.Output, RetryMilliseconds());
        }
        catch (OperationCanceledException)
        {
            // The client left.
        }
    }

    /// <summary>Answers that are no event stream: errors, and the 204 that stops an EventSource at the end.</summary>
    private static async ValueTask<bool> RefuseAsync(ReadOperation read, ReadOutcome first)
    {
        if (first is ReadOutcome.Batch batch)
        {
            if (!read.IsReconnect || batch.Slices.Count > 0 || !batch.AtEnd)
            {
                return false;
            }

            read.Context.Response.StatusCode = StatusCodes.Status204NoContent;
            read.Context.Response.Headers.CacheControl = ResponseHeaders.NoStore;
            return true;
        }

        // Any status but 200 closes an EventSource for good, so "not now" is an empty stream with a delay.
        if (first is ReadOutcome.Unavailable || (first is ReadOutcome.Gap && read.Query.OnGap != GapPolicy.Fail))
        {
            return false;
        }

        await ProblemResponse.WriteAsync(read.Context, ErrorResponses.Of(first, read.Name)!);
        return true;
    }

    private async ValueTask LoopAsync(
        ReadOperation read, LiveResponse response, LiveSubscription subscription, ReadOutcome first)
    {
        if (first is ReadOutcome.Batch)
        {
            EventSourceFrames.WritePriming(response.Output, subscription.Position, RetryMilliseconds());
        }

        var more = Write(read, response, subscription, first, isFirst: true);
        var connection = Connect(FramingOf(read, first));
        first = null!;
        while (await response.FlushAsync() && more)
        {
            var outcome = await subscription.NextAsync(connection, response);
            if (outcome is ReadOutcome.Batch or ReadOutcome.Gap && FramingOf(read, outcome) != connection.Framing)
            {
                // The stream was deleted and created again with another content type.
                connection = Connect(FramingOf(read, outcome));
            }

            more = Write(read, response, subscription, outcome, isFirst: false);
            outcome = null;
        }

        EventSourceConnection Connect(SseFraming framing) =>
            new(response, framing) { Heartbeat = subscription.Heartbeat, EndsOnStop = true };
    }

    private static SseFraming FramingOf(ReadOperation read, ReadOutcome outcome)
    {
        var stream = outcome switch
        {
            ReadOutcome.Batch batch => batch.Descriptor,
            ReadOutcome.Gap gap => gap.Descriptor,
            _ => null,
        };
        return read.Query.Base64 || stream?.ContentType.Kind == PayloadKind.Binary
            ? SseFraming.EventSourceBase64
            : SseFraming.EventSourceText;
    }

    /// <summary>Writes one outcome into the buffer. False when the response ends with it.</summary>
    private bool Write(
        ReadOperation read, LiveResponse response, LiveSubscription subscription, ReadOutcome? outcome, bool isFirst)
    {
        switch (outcome)
        {
            case ReadOutcome.Batch batch:
                return WriteBatch(response, subscription, batch, FramingOf(read, batch), isFirst);
            case ReadOutcome.Gap gap when read.Query.OnGap != GapPolicy.Fail:
                subscription.Position = read.Query.OnGap == GapPolicy.Latest ? gap.Info.Tail : gap.Info.Earliest;
                EventSourceFrames.WriteGap(
                    response.Output, gap.Info, subscription.Position, isFirst ? RetryMilliseconds() : null);
                return true;
            case ReadOutcome.Unavailable:
                EventSourceFrames.WriteRetry(response.Output, RetryMilliseconds());
                return false;
            default:
                // Deleted, or a gap under onGap=fail: the reconnect gets the status that says so.
                return false;
        }
    }

    private bool WriteBatch(
        LiveResponse response, LiveSubscription subscription, ReadOutcome.Batch batch, SseFraming framing, bool isFirst)
    {
        if (batch.Slices.Count > 0)
        {
            subscription.Position = frames.Write(response.Output, batch, framing, response.Slice);
        }
        else if (!isFirst && !batch.AtEnd)
        {
            EventSourceFrames.WriteHeartbeat(response.Output);
        }

        if (!batch.AtEnd || subscription.Position.Sequence != batch.Next.Sequence)
        {
            return true;
        }

        EventSourceFrames.WriteEnd(response.Output, batch.Next);
        return false;
    }

    private int RetryMilliseconds()
    {
        var middle = options.Value.RetryMilliseconds;
        return random.Between(middle / 2, middle + (middle / 2));
    }
}
