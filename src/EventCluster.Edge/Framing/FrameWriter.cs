using System.Buffers;
using EventCluster.Abstractions.Streams;
using EventCluster.Edge.Live;
using EventCluster.Protocol;

namespace EventCluster.Edge.Framing;

/// <summary>Copies shared frames of a batch into a connection's buffer, up to one slice.</summary>
internal sealed class FrameWriter(FrameCache cache)
{
    /// <summary>
    /// Writes frames from the beginning of the batch: as many whole ones as fit, at least one.
    /// </summary>
    /// <param name="output">The connection.</param>
    /// <param name="batch">Not empty.</param>
    /// <param name="framing">Any but <see cref="SseFraming.DurableBase64"/>.</param>
    /// <param name="maxBytes">The bound of a slice.</param>
    /// <returns>The position after the last event written.</returns>
    public StreamOffset Write(IBufferWriter<byte> output, ReadOutcome.Batch batch, SseFraming framing, int maxBytes)
    {
        var position = batch.From;
        var written = 0;
        foreach (var slice in batch.Slices)
        {
            var index = slice.Start;
            while (index < slice.End)
            {
                var chunk = cache.Get(slice.Block, index, framing);
                var end = Math.Min(chunk.End, slice.End);
                var to = chunk.Fit(index, end, maxBytes - written);
                if (to == index)
                {
                    if (written > 0)
                    {
                        return position;
                    }

                    to = index + 1;
                }

                var frames = chunk.Frames(index, to);
                if (framing is SseFraming.DurableJson or SseFraming.DurableText)
                {
                    DurableSseFrames.WriteRun(output, framing, frames, isFirst: written == 0);
                }
                else
                {
                    // The elements of a message's array: the first one drops its comma.
                    output.Write(framing >= SseFraming.MessageJson && written == 0 ? frames[1..] : frames);
                }

                written += frames.Length;
                index = to;
                position = new StreamOffset(slice.Block.Incarnation, slice.Block.FirstSequence + index);
                if (index < end)
                {
                    return position;
                }
            }
        }

        return batch.Next;
    }

    /// <summary>Writes payloads from the beginning of the batch as one base64 text: as many as fit, at least one.</summary>
    /// <returns>The position after the last event written.</returns>
    public StreamOffset WriteBase64(IBufferWriter<byte> output, ReadOutcome.Batch batch, int maxBytes)
    {
        var first = batch.Slices[0];
        var chunk = FrameEncoder.ChunkOf(first.Block, first.Start);
        if (chunk.Start == first.Start && chunk.End <= first.End && (batch.Slices.Count == 1 || chunk.End < first.End))
        {
            output.Write(cache.Get(first.Block, first.Start, SseFraming.DurableBase64).Frames(chunk.Start, chunk.End));
            return new StreamOffset(first.Block.Incarnation, first.Block.FirstSequence + chunk.End);
        }

        return WriteGathered(output, batch, maxBytes / 4 * 3);
    }

    /// <summary>Small blocks run together, which no two readers cut alike: encoded for this reader alone.</summary>
    private static StreamOffset WriteGathered(IBufferWriter<byte> output, ReadOutcome.Batch batch, int maxPayloadBytes)
    {
        using var payloads = new FrameBuffer(Math.Min(maxPayloadBytes, 4096));
        var position = batch.From;
        foreach (var slice in batch.Slices)
        {
            for (var i = slice.Start; i < slice.End; i++)
            {
                var payload = slice.Block.GetPayload(i).Span;
                if (payloads.Length > 0 && payloads.Length + payload.Length > maxPayloadBytes)
                {
                    Encode(output, payloads);
                    return position;
                }

                payloads.Write(payload);
                position = new StreamOffset(slice.Block.Incarnation, slice.Block.FirstSequence + i + 1);
            }
        }

        Encode(output, payloads);
        return batch.Next;
    }

    private static void Encode(IBufferWriter<byte> output, FrameBuffer payloads)
    {
        using var text = new FrameBuffer(payloads.Length / 3 * 4 + 4);
        text.WriteBase64(payloads.Written);
        output.Write(text.Written);
    }
}
