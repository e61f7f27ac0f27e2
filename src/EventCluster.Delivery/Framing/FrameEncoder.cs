using EventCluster.Protocol;

namespace EventCluster.Delivery.Framing;

/// <summary>Encodes events of a block; where a chunk begins and ends depends on the block alone, so readers share it.</summary>
internal static class FrameEncoder
{
    /// <summary>Encoded bytes of a chunk, roughly: half a slice, so that whole chunks coalesce into slices.</summary>
    public const int ChunkBytes = 32 * 1024;

    /// <summary>Bytes around a payload: <c>id:</c> with an offset, <c>data:</c>, line ends.</summary>
    private const int FrameOverhead = 40;

    /// <summary>The chunk that holds an event.</summary>
    public static (int Start, int End) ChunkOf(EventBlock block, int index)
    {
        var chunk = Place(block, index) / ChunkBytes;
        var start = FirstAt(block, chunk * ChunkBytes, 0, index);
        var end = FirstAt(block, (chunk + 1) * ChunkBytes, index + 1, block.Count);

        // Only the last event of a chunk can be a large one. It is never encoded as a whole, so it stands by itself.
        return end - start == 1 || !LargeFrame.IsCertain(block, end - 1) ? (start, end)
            : index == end - 1 ? (index, end) : (start, end - 1);
    }

    /// <summary>Encodes the events from index <paramref name="start"/> up to, not including, <paramref name="end"/>.</summary>
    public static FrameChunk Encode(EventBlock block, int start, int end, SseFraming framing)
    {
        var payloadBytes = block.GetPayloadBytes(start, end);
        using var buffer = new FrameBuffer(payloadBytes + (payloadBytes / 2) + ((end - start) * FrameOverhead));
        if (framing == SseFraming.DurableBase64)
        {
            return EncodeRun(block, start, end, buffer);
        }

        var ends = new int[end - start];
        for (var i = start; i < end; i++)
        {
            EncodeEvent(block, i, framing, buffer);
            ends[i - start] = buffer.Length;
        }

        return new FrameChunk(start, buffer.Written.ToArray(), ends);
    }

    /// <summary>Payloads of consecutive events, end to end, without a copy: a block holds them like that.</summary>
    public static ReadOnlyMemory<byte> Payloads(EventBlock block, int start, int end) =>
        block.Payloads.Slice(block.GetPayloadBytes(0, start), block.GetPayloadBytes(start, end));

    /// <summary>Encodes one event, in any framing but <see cref="SseFraming.DurableBase64"/>.</summary>
    public static void EncodeEvent(EventBlock block, int index, SseFraming framing, FrameBuffer buffer)
    {
        var payload = block.GetPayload(index).Span;
        switch (framing)
        {
            case SseFraming.EventSourceText:
            case SseFraming.EventSourceBase64:
                buffer.Write("id: "u8);
                buffer.WriteOffset(new StreamOffset(block.Incarnation, block.FirstSequence + index + 1));
                buffer.Write("\ndata: "u8);
                if (framing == SseFraming.EventSourceText)
                {
                    buffer.WriteLines(payload);
                }
                else
                {
                    buffer.WriteBase64(payload);
                }

                buffer.Write("\n\n"u8);
                break;
            case SseFraming.DurableJson:
                buffer.Write(","u8);
                buffer.WriteRun(payload);
                break;
            case SseFraming.DurableText:
                buffer.WriteRun(payload);
                break;
            case SseFraming.MessageJson:
            case SseFraming.MessageText:
            case SseFraming.MessageBase64:
                EventElement.Write(
                    buffer, new StreamOffset(block.Incarnation, block.FirstSequence + index + 1), payload, framing);
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(framing));
        }
    }

    private static FrameChunk EncodeRun(EventBlock block, int start, int end, FrameBuffer buffer)
    {
        buffer.WriteBase64(Payloads(block, start, end).Span);

        // Base64 of a run cannot be cut between events: every boundary but the last reads as "nothing yet".
        var ends = new int[end - start];
        ends[^1] = buffer.Length;
        return new FrameChunk(start, buffer.Written.ToArray(), ends);
    }

    /// <summary>Where an event would begin if every frame had the usual overhead; grows with the index.</summary>
    private static int Place(EventBlock block, int index) => block.GetPayloadBytes(0, index) + (index * FrameOverhead);

    private static int FirstAt(EventBlock block, int place, int low, int high)
    {
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (Place(block, middle) < place)
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }

        return low;
    }
}
