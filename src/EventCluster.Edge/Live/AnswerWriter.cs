using System.Buffers;
using System.IO.Pipelines;
using EventCluster.Abstractions.Streams;
using EventCluster.Protocol;

namespace EventCluster.Edge.Live;

/// <summary>Writes the body of a read: payloads end to end, or a JSON array, built without parsing.</summary>
internal static class AnswerWriter
{
    private const int FlushBytes = EdgeLimits.ResponseBufferBytes;

    /// <summary>Length of the body in bytes.</summary>
    public static long LengthOf(ReadOutcome.Batch batch, PayloadKind kind)
    {
        long payloads = 0;
        long events = 0;
        for (var i = 0; i < batch.Slices.Count; i++)
        {
            payloads += batch.Slices[i].PayloadBytes;
            events += batch.Slices[i].Count;
        }

        return kind == PayloadKind.Json ? payloads + Math.Max(events - 1, 0) + 2 : payloads;
    }

    /// <summary>Writes the body and waits for the client whenever a buffer is full.</summary>
    public static async ValueTask WriteAsync(
        PipeWriter output, ReadOutcome.Batch batch, PayloadKind kind, CancellationToken cancellationToken)
    {
        var json = kind == PayloadKind.Json;
        var (unflushed, flushes) = (0, 0);
        for (var i = 0; i < batch.Slices.Count; i++)
        {
            var slice = batch.Slices[i];
            for (var index = slice.Start; index < slice.End;)
            {
                var end = FitEnd(slice, index);
                Write(output, slice, index, end, json ? (i == 0 && index == slice.Start ? (byte)'[' : (byte)',') : null);
                unflushed += slice.Block.GetPayloadBytes(index, end);
                index = end;
                if (unflushed >= FlushBytes)
                {
                    unflushed = 0;
                    flushes++;
                    var flushed = await output.FlushAsync(cancellationToken);
                    if (flushed.IsCompleted || flushed.IsCanceled)
                    {
                        return;
                    }
                }
            }
        }

        if (json)
        {
            output.Write(batch.Slices.Count == 0 ? "[]"u8 : "]"u8);
        }

        // Once the headers are out, the server no longer flushes what is left at the end of a request.
        if (flushes > 0)
        {
            await output.FlushAsync(cancellationToken);
        }
    }

    private static int FitEnd(BlockSlice slice, int index)
    {
        if (slice.Block.GetPayloadBytes(index, slice.End) <= FlushBytes)
        {
            return slice.End;
        }

        var end = index + 1;
        while (end < slice.End && slice.Block.GetPayloadBytes(index, end + 1) <= FlushBytes)
        {
            end++;
        }

        return end;
    }

    private static void Write(PipeWriter output, BlockSlice slice, int from, int to, byte? opener)
    {
        if (opener is not { } first)
        {
            output.Write(Framing.FrameEncoder.Payloads(slice.Block, from, to).Span);
            return;
        }

        for (var i = from; i < to; i++)
        {
            var payload = slice.Block.GetPayload(i).Span;
            var span = output.GetSpan(1);
            span[0] = i == from ? first : (byte)',';
            if (span.Length > payload.Length)
            {
                payload.CopyTo(span[1..]);
                output.Advance(1 + payload.Length);
            }
            else
            {
                output.Advance(1);
                output.Write(payload);
            }
        }
    }
}
