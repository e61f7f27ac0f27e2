using System.IO.Pipelines;
using EventCluster.Abstractions.Streams;
using EventCluster.Protocol;

namespace EventCluster.Edge.Live;

/// <summary>Writes the body of a read: payloads end to end, or a JSON array, built without parsing.</summary>
internal static class AnswerWriter
{
    private const int FlushBytes = EdgeLimits.AnswerFlushBytes;

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
        var (slice, index, flushes) = (0, 0, 0);
        while (WriteSome(output, batch, json, ref slice, ref index))
        {
            flushes++;
            var flushed = await output.FlushAsync(cancellationToken);
            if (flushed.IsCompleted || flushed.IsCanceled)
            {
                return;
            }
        }

        // Once the headers are out, the server no longer flushes what is left at the end of a request.
        if (flushes > 0)
        {
            await output.FlushAsync(cancellationToken);
        }
    }

    /// <summary>Writes until a buffer is full or all is written; false when it is.</summary>
    /// <param name="output">The connection.</param>
    /// <param name="batch">The events.</param>
    /// <param name="json">As elements of an array.</param>
    /// <param name="slice">The slice to go on with.</param>
    /// <param name="index">The event of that slice to go on with, counted from its start.</param>
    private static bool WriteSome(PipeWriter output, ReadOutcome.Batch batch, bool json, ref int slice, ref int index)
    {
        var buffer = new PipeBuffer(output);
        for (; slice < batch.Slices.Count; slice++, index = 0)
        {
            var (block, start, end) = batch.Slices[slice];
            for (; start + index < end; index++)
            {
                if (buffer.Written >= FlushBytes)
                {
                    buffer.Commit();
                    return true;
                }

                if (json)
                {
                    buffer.Write(slice + index == 0 ? (byte)'[' : (byte)',');
                }

                buffer.Write(block.GetPayload(start + index).Span);
            }
        }

        if (json)
        {
            buffer.Write(batch.Slices.Count == 0 ? "[]"u8 : "]"u8);
        }

        buffer.Commit();
        return false;
    }
}
