using EventCluster.Abstractions.Streams;
using EventCluster.Delivery.Feeds;
using EventCluster.Delivery.Framing;
using EventCluster.Delivery.Pump;
using EventCluster.Delivery.Reading;
using EventCluster.Delivery.Timing;
using EventCluster.Edge.Http;
using EventCluster.Edge.Peers;
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
    MissingStreams missing,
    SubscriptionPumps pumps,
    DeadlineQueue deadlines,
    FrameWriter frames,
    PinnedBlocks pins,
    PeerWatcher peers,
    EdgeRandom random,
    IHostApplicationLifetime lifetime) : ISubscriberTransport
{
    /// <inheritdoc />
    public async Task RunAsync(ReadOperation read)
    {
        using var response = new LiveResponse(read.Context, options.Value, lifetime.ApplicationStopping);
        using var subscription = new LiveSubscription(feeds.Open(read.Stream), pumps, deadlines, read.Query, options.Value);
        using var watch = peers.Watch(read.Context, subscription.Heartbeat);
        try
        {
            var connection = await BeginAsync(read, response, subscription);

            // A response may stay for days: what only its beginning needs is let go.
            read = null!;
            while (connection is not null && await SendAsync(response, subscription))
            {
                if (await subscription.NextAsync(response) is { } outcome)
                {
                    connection = Write(response, subscription, outcome, connection);
                }
                else if (!subscription.Settle(connection, await subscription.FollowAsync(connection, response), response))
                {
                    return;
                }
            }
        }
        catch (OperationCanceledException) when (response.ClientIsThere)
        {
            // The server is stopping while this reader was waiting: it reconnects, spread in time.
            if (!response.HasStarted)
            {
                response.Begin(ResponseHeaders.NativeEventStream);
            }

            EventSourceFrames.WriteRetry(response.Output, RetryMilliseconds());
        }
        catch (OperationCanceledException)
        {
            // The client left.
        }
    }

    /// <summary>Hands over what was written, and an event that is larger than a slice. False when the response is over.</summary>
    private ValueTask<bool> SendAsync(LiveResponse response, LiveSubscription subscription)
    {
        var large = subscription.Large;
        subscription.Large = null;
        return large is null
            ? response.FlushAsync()
            : response.SendAsync(new ResponseSender(pins.Delivery, response, subscription), large);
    }

    /// <summary>The answer up to what the first read found; null when that is all.</summary>
    private async ValueTask<EventSourceConnection?> BeginAsync(
        ReadOperation read, LiveResponse response, LiveSubscription subscription)
    {
        var first = await subscription.OpenAsync(read.Start, response.Ended);
        if (first is ReadOutcome.NotFound && read.Query.Delivery.WaitForStream is { } wait)
        {
            return await BeginLaterAsync(read, response, subscription, wait);
        }

        if (await RefuseAsync(read, first))
        {
            return null;
        }

        response.Begin(ResponseHeaders.NativeEventStream);
        return Begin(read, response, subscription, first);
    }

    /// <summary>The stream does not exist: an open response that begins when it does, or ends when the time is over.</summary>
    private async ValueTask<EventSourceConnection?> BeginLaterAsync(
        ReadOperation read, LiveResponse response, LiveSubscription subscription, TimeSpan wait)
    {
        using var place = missing.TryEnter(read.Name, WaitingClient.Of(read.Context.Connection.RemoteIpAddress, read.Context.Connection.Id));
        if (place is null)
        {
            await ProblemResponse.WriteAsync(
                read.Context, ErrorResponses.OfUnavailable(MissingStreams.Full.Reason, MissingStreams.Full.Detail));
            return null;
        }

        response.Begin(ResponseHeaders.NativeEventStream);
        var until = deadlines.In(wait);
        while (deadlines.Now < until && !place.IsGivenUp)
        {
            // A first sign of life sends the headers.
            EventSourceFrames.WriteHeartbeat(response.Output);
            if (!await response.FlushAsync())
            {
                return null;
            }

            var left = deadlines.Until(until);
            if (await place.WaitAsync(left < subscription.Heartbeat ? left : subscription.Heartbeat, read.Time, response.Ended)
                && await subscription.OpenAsync(read.Start.OfMissing(), response.Ended) is var first and not ReadOutcome.NotFound)
            {
                return Begin(read, response, subscription, first);
            }
        }

        EventSourceFrames.WriteRetry(response.Output, RetryMilliseconds());
        return null;
    }

    private EventSourceConnection? Begin(
        ReadOperation read, LiveResponse response, LiveSubscription subscription, ReadOutcome first)
    {
        if (first is ReadOutcome.Batch)
        {
            EventSourceFrames.WritePriming(response.Output, subscription.Position, RetryMilliseconds());
        }

        return Write(response, subscription, first, connection: null, read.SentPosition);
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
        if (first is ReadOutcome.Unavailable || (first is ReadOutcome.Gap && read.Query.Delivery.OnGap != GapPolicy.Fail))
        {
            return false;
        }

        await ProblemResponse.WriteAsync(
            read.Context,
            first is ReadOutcome.Gap gap
                ? ErrorResponses.OfGap(gap.Info, gap.Resume, read.SentPosition)
                : ErrorResponses.Of(first, read.Name)!);
        return true;
    }

    private static SseFraming FramingOf(LiveSubscription subscription, ReadOutcome outcome)
    {
        var stream = outcome switch
        {
            ReadOutcome.Batch batch => batch.Descriptor,
            ReadOutcome.Gap gap => gap.Descriptor,
            _ => null,
        };
        return subscription.Base64 || stream?.ContentType.Kind == PayloadKind.Binary
            ? SseFraming.EventSourceBase64
            : SseFraming.EventSourceText;
    }

    /// <summary>
    /// Writes one outcome into the buffer. The connection that goes on is a new one at first, and when the stream was
    /// deleted and created again with another content type; null when the response ends.
    /// </summary>
    private EventSourceConnection? Write(
        LiveResponse response,
        LiveSubscription subscription,
        ReadOutcome outcome,
        EventSourceConnection? connection,
        string? sent = null)
    {
        var framing = FramingOf(subscription, outcome);
        switch (outcome)
        {
            case ReadOutcome.Batch batch:
                if (!WriteBatch(response, subscription, batch, framing, isFirst: connection is null))
                {
                    return null;
                }

                break;
            case ReadOutcome.Gap gap when subscription.OnGap != GapPolicy.Fail:
                subscription.Position = subscription.OnGap == GapPolicy.Latest ? gap.Info.Tail : gap.Resume;
                subscription.StreamExpiresAt = gap.Descriptor.ExpiresAt;
                EventSourceFrames.WriteGap(
                    response.Output, gap.Info, subscription.Position, connection is null ? RetryMilliseconds() : null, sent);
                break;
            case ReadOutcome.Unavailable:
                EventSourceFrames.WriteRetry(response.Output, RetryMilliseconds());
                return null;
            default:
                if (StreamEndTexts.Of(outcome, subscription.StreamExpiresAt, deadlines.UtcNow) is { } reason)
                {
                    EventSourceFrames.WriteEnd(response.Output, subscription.Position, reason);
                }

                // The reconnect gets the status that says what is: not found, gone, or a gap under onGap=fail.
                return null;
        }

        return connection?.Framing == framing
            ? connection
            : new EventSourceConnection(response, framing) { Heartbeat = subscription.Heartbeat, EndsOnStop = true };
    }

    private bool WriteBatch(
        LiveResponse response, LiveSubscription subscription, ReadOutcome.Batch batch, SseFraming framing, bool isFirst)
    {
        if (batch.Slices.Count > 0)
        {
            subscription.Position = frames.Write(response.Output, batch, framing, response.Slice, response.MaxSlice);
            if (subscription.Position == batch.From)
            {
                subscription.Large = LargeFrame.OfEventSource(batch, framing);
                return true;
            }
        }
        else if (!isFirst && !batch.AtEnd)
        {
            EventSourceFrames.WriteHeartbeat(response.Output);
        }

        if (!batch.AtEnd || !batch.EndsAt(subscription.Position))
        {
            return true;
        }

        EventSourceFrames.WriteEnd(response.Output, batch.Next, StreamEnd.Closed);
        return false;
    }

    private int RetryMilliseconds()
    {
        var middle = options.Value.RetryMilliseconds;
        return random.Between(middle / 2, middle + (middle / 2));
    }
}
