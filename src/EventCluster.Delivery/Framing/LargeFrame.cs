using EventCluster.Abstractions.Streams;
using EventCluster.Protocol;

namespace EventCluster.Delivery.Framing;

/// <summary>The frames of events that do not fit a slice: the same bytes that <see cref="FrameEncoder"/> writes at once.</summary>
internal static class LargeFrame
{
    private const int HeadBytes = 128;

    /// <summary>Whether an event's payload alone is larger than any slice, so that its frame is never encoded as a whole.</summary>
    public static bool IsCertain(EventBlock block, int index) =>
        block.GetPayloadBytes(index, index + 1) > DeliveryLimits.MaxSliceBytes;

    /// <summary>The first event of a batch as a native event.</summary>
    public static LargeEvent OfEventSource(ReadOutcome.Batch batch, SseFraming framing)
    {
        var (block, index) = First(batch);
        using var head = new FrameBuffer(HeadBytes);
        head.Write("id: "u8);
        head.WriteOffset(OffsetOf(block, index));
        head.Write("\ndata: "u8);
        return new LargeEvent(
            block, index, framing == SseFraming.EventSourceText ? PayloadCoding.Lines : PayloadCoding.Base64,
            head.Written.ToArray(), "\n\n"u8.ToArray());
    }

    /// <summary>The first event of a batch as a <c>data</c> event of <c>live=sse</c>; its <c>control</c> event follows.</summary>
    public static LargeEvent OfDurable(ReadOutcome.Batch batch, SseFraming framing)
    {
        var (block, index) = First(batch);
        var isJson = framing == SseFraming.DurableJson;
        ReadOnlySpan<byte> start = isJson ? "event: data\ndata:["u8 : "event: data\ndata:"u8;

        // After "data:" readers drop one space; the array's bracket already protects JSON.
        ReadOnlySpan<byte> space =
            framing == SseFraming.DurableText && block.GetPayload(index).Span[0] == ' ' ? " "u8 : default;
        return new LargeEvent(
            block, index, framing == SseFraming.DurableBase64 ? PayloadCoding.Base64 : PayloadCoding.Run,
            [.. start, .. space], isJson ? "]\n\n"u8.ToArray() : "\n\n"u8.ToArray());
    }

    /// <summary>The first event of a batch as the only element of an <c>events</c> message.</summary>
    /// <param name="batch">The batch.</param>
    /// <param name="framing">One of the framings of messages.</param>
    /// <param name="head">What stands before the element.</param>
    /// <param name="tail">What stands behind it.</param>
    /// <param name="json">How JSON as stored stands in the transport.</param>
    public static LargeEvent OfMessage(
        ReadOutcome.Batch batch, SseFraming framing, FrameBuffer head, ReadOnlySpan<byte> tail, PayloadCoding json)
    {
        var (block, index) = First(batch);
        var coding = EventElement.CodingOf(block.GetPayload(index).Span, framing);
        EventElement.WriteStart(head, OffsetOf(block, index), coding);
        return new LargeEvent(
            block, index, coding == PayloadCoding.Raw ? json : coding, head.Written.ToArray(), [.. EventElement.EndOf(coding), .. tail]);
    }

    private static (EventBlock Block, int Index) First(ReadOutcome.Batch batch) => (batch.Slices[0].Block, batch.Slices[0].Start);

    private static StreamOffset OffsetOf(EventBlock block, int index) =>
        new(block.Incarnation, block.FirstSequence + index + 1);
}
