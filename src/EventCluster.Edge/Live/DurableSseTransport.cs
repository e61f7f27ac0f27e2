using System.Buffers;
using EventCluster.Abstractions.Streams;
using EventCluster.Edge.Framing;
using EventCluster.Edge.Http;
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
    TimeProvider time,
    FrameWriter frames,
    LiveCursor cursors,
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
            if (ErrorResponses.Of(first, read.Name) is { } fault)
            {
                await ProblemResponse.WriteAsync(read.Context, fault);
                return;
            }

            response.Begin(((ReadOutcome.Batch)first).Descriptor.ContentType.Kind == PayloadKind.Binary);
            await LoopAsync(read, response, first);
        }
        catch (OperationCanceledException)
        {
            // The client left, or the server stops: a clean end makes the client come back to its last control event.
        }
    }

    private async ValueTask LoopAsync(ReadOperation read, LiveResponse response, ReadOutcome first)
    {
        var started = time.GetTimestamp();
        var (bytes, events) = (SliceBudget.Bytes(options.Value), SliceBudget.Events(options.Value));
        var heartbeat = read.Query.Heartbeat ?? options.Value.SseHeartbeat;
        var cursor = cursors.Next(read.Query.Cursor);
        var more = Write(read, response.Output, first, cursor);
        first = null!;
        while (await response.FlushAsync() && more)
        {
            var left = options.Value.SseLifetime - time.GetElapsedTime(started);
            if (left <= TimeSpan.Zero)
            {
                return;
            }

            var outcome = await read.Reader.ReadAsync(bytes, events, left < heartbeat ? left : heartbeat, response.Ended);
            more = Write(read, response.Output, outcome, Math.Max(cursor, cursors.Next(clientCursor: null)));
            outcome = null!;
        }
    }

    /// <summary>Writes one outcome into the buffer. False when the response ends with it.</summary>
    private bool Write(ReadOperation read, IBufferWriter<byte> output, ReadOutcome outcome, long cursor)
    {
        if (outcome is not ReadOutcome.Batch batch)
        {
            // A gap under a running response ends it, and the reconnect gets the 410; so do the other refusals.
            return false;
        }

        if (batch.Slices.Count > 0)
        {
            read.Reader.Position = WriteData(output, batch);
        }

        var reached = read.Reader.Position.Sequence == batch.Next.Sequence;
        var closed = batch.AtEnd && reached;
        DurableSseFrames.WriteControl(output, read.Reader.Position, cursor, reached && batch.UpToDate, closed);
        return !closed;
    }

    private StreamOffset WriteData(IBufferWriter<byte> output, ReadOutcome.Batch batch)
    {
        var kind = batch.Descriptor.ContentType.Kind;
        output.Write("event: data\ndata:"u8);
        StreamOffset next;
        if (kind == PayloadKind.Json)
        {
            output.Write("["u8);
            next = frames.Write(output, batch, SseFraming.DurableJson, options.Value.MaxSseSlice);
            output.Write("]"u8);
        }
        else
        {
            next = kind == PayloadKind.Text
                ? frames.Write(output, batch, SseFraming.DurableText, options.Value.MaxSseSlice)
                : frames.WriteBase64(output, batch, options.Value.MaxSseSlice);
        }

        output.Write("\n\n"u8);
        return next;
    }
}
