using System.Buffers;
using EventCluster.Abstractions.Streams;
using EventCluster.Edge.Framing;
using EventCluster.Edge.Http;
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
    FrameWriter frames,
    EdgeRandom random,
    IHostApplicationLifetime lifetime) : ISubscriberTransport
{
    /// <inheritdoc />
    public async Task RunAsync(ReadOperation read)
    {
        using var response = new LiveResponse(read.Context, lifetime.ApplicationStopping);
        try
        {
            var first = await read.Reader.OpenAsync(
                read.Start, SliceBudget.Bytes(options.Value), SliceBudget.Events(options.Value), TimeSpan.Zero, response.Ended);
            if (await RefuseAsync(read, first))
            {
                return;
            }

            response.Begin(base64: false);
            await LoopAsync(read, response, first);
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

    private async ValueTask LoopAsync(ReadOperation read, LiveResponse response, ReadOutcome first)
    {
        var (bytes, events) = (SliceBudget.Bytes(options.Value), SliceBudget.Events(options.Value));
        var heartbeat = read.Query.Heartbeat ?? options.Value.SseHeartbeat;
        if (first is ReadOutcome.Batch)
        {
            EventSourceFrames.WritePriming(response.Output, read.Reader.Position, RetryMilliseconds());
        }

        var more = Write(read, response.Output, first, isFirst: true);
        first = null!;
        while (await response.FlushAsync() && more)
        {
            more = Write(
                read, response.Output,
                await read.Reader.ReadAsync(bytes, events, heartbeat, response.Ended), isFirst: false);
        }
    }

    /// <summary>Writes one outcome into the buffer. False when the response ends with it.</summary>
    private bool Write(ReadOperation read, IBufferWriter<byte> output, ReadOutcome outcome, bool isFirst)
    {
        switch (outcome)
        {
            case ReadOutcome.Batch batch:
                return WriteBatch(read, output, batch, isFirst);
            case ReadOutcome.Gap gap when read.Query.OnGap != GapPolicy.Fail:
                read.Reader.Position = read.Query.OnGap == GapPolicy.Latest ? gap.Info.Tail : gap.Info.Earliest;
                EventSourceFrames.WriteGap(output, gap.Info, read.Reader.Position, isFirst ? RetryMilliseconds() : null);
                return true;
            case ReadOutcome.Unavailable:
                EventSourceFrames.WriteRetry(output, RetryMilliseconds());
                return false;
            default:
                // Deleted, or a gap under onGap=fail: the reconnect gets the status that says so.
                return false;
        }
    }

    private bool WriteBatch(ReadOperation read, IBufferWriter<byte> output, ReadOutcome.Batch batch, bool isFirst)
    {
        if (batch.Slices.Count > 0)
        {
            var base64 = read.Query.Base64 || batch.Descriptor.ContentType.Kind == PayloadKind.Binary;
            read.Reader.Position = frames.Write(
                output, batch, base64 ? SseFraming.EventSourceBase64 : SseFraming.EventSourceText, options.Value.MaxSseSlice);
        }
        else if (!isFirst && !batch.AtEnd)
        {
            EventSourceFrames.WriteHeartbeat(output);
        }

        if (!batch.AtEnd || read.Reader.Position.Sequence != batch.Next.Sequence)
        {
            return true;
        }

        EventSourceFrames.WriteEnd(output, batch.Next);
        return false;
    }

    private int RetryMilliseconds()
    {
        var middle = options.Value.RetryMilliseconds;
        return random.Between(middle / 2, middle + (middle / 2));
    }
}
