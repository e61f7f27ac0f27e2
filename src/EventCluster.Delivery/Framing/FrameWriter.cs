using System.Buffers;
using EventCluster.Abstractions.Streams;
using EventCluster.Protocol;

namespace EventCluster.Delivery.Framing;

/// <summary>Copies shared frames of a batch into a connection's buffer, up to one slice.</summary>
internal sealed class FrameWriter(FrameCache cache)
{
    /// <summary>A byte of a payload becomes at most so many of a frame; the rest of the frame is less than that again.</summary>
    private const int LargestGrowth = 16;

    /// <summary>
    /// Writes frames from the beginning of the batch: as many whole ones as fit, at least one unless it does not fit any
    /// slice.
    /// </summary>
    /// <param name="output">The connection.</param>
    /// <param name="batch">Not empty.</param>
    /// <param name="framing">Any but <see cref="SseFraming.DurableBase64"/>.</param>
    /// <param name="maxBytes">The bound of this slice; one frame may be larger.</param>
    /// <param name="maxFrameBytes">The bound of any slice; no frame may be larger.</param>
    /// <returns>The position after the last event written: the batch's own when the first one is too large.</returns>
    public StreamOffset Write(
        IBufferWriter<byte> output, ReadOutcome.Batch batch, SseFraming framing, int maxBytes, int maxFrameBytes)
    {
        var position = batch.From;
        var written = 0;
        foreach (var slice in batch.Slices)
        {
            var index = slice.Start;
            while (index < slice.End)
            {
                if (LargeFrame.IsCertain(slice.Block, index))
                {
                    return position;
                }

                var chunk = cache.Get(slice.Block, index, framing);
                var end = Math.Min(chunk.End, slice.End);
                var to = chunk.Fit(index, end, maxBytes - written);
                if (to == index)
                {
                    if (written > 0 || chunk.Frames(index, index + 1).Length > maxFrameBytes)
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

    /// <summary>Bytes of the first event of a batch in a message, which is the least that <see cref="Write"/> writes.</summary>
    /// <param name="batch">Not empty.</param>
    /// <param name="framing">One of the framings of messages.</param>
    public int FirstElementBytes(ReadOutcome.Batch batch, SseFraming framing)
    {
        var first = batch.Slices[0];
        return cache.Get(first.Block, first.Start, framing).Frames(first.Start, first.Start + 1).Length - 1;
    }

    /// <summary>Whether the first frame of a batch fits any slice.</summary>
    public bool Fits(ReadOutcome.Batch batch, SseFraming framing, int maxFrameBytes)
    {
        var (block, index) = (batch.Slices[0].Block, batch.Slices[0].Start);
        var bytes = block.GetPayloadBytes(index, index + 1);
        if (framing == SseFraming.DurableBase64)
        {
            return bytes <= maxFrameBytes / 4 * 3;
        }

        // Most events are far smaller than a slice, whatever their framing adds.
        return bytes <= maxFrameBytes / LargestGrowth
            || (!LargeFrame.IsCertain(block, index)
                && cache.Get(block, index, framing).Frames(index, index + 1).Length <= maxFrameBytes);
    }

    /// <summary>
    /// Writes payloads from the beginning of the batch, the first of which fits a slice, as one base64 text: as many as fit,
    /// at least one.
    /// </summary>
    /// <returns>The position after the last event written.</returns>
    public StreamOffset WriteBase64(IBufferWriter<byte> output, ReadOutcome.Batch batch, int maxBytes, int maxFrameBytes)
    {
        var first = batch.Slices[0];
        var chunk = FrameEncoder.ChunkOf(first.Block, first.Start);
        if (chunk.Start == first.Start && chunk.End <= first.End
            && first.Block.GetPayloadBytes(chunk.Start, chunk.End) <= maxFrameBytes / 4 * 3
            && (batch.Slices.Count == 1 || chunk.End < first.End))
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
