using System.Text;
using EventCluster.Abstractions;
using EventCluster.Abstractions.Streams;
using EventCluster.Protocol;

namespace EventCluster.Edge.Tests.Framing;

/// <summary>Blocks and batches for framing tests.</summary>
internal static class Blocks
{
    public static EventBlock Of(long first, params string[] payloads) =>
        Of(first, [.. payloads.Select(Encoding.UTF8.GetBytes)]);

    public static EventBlock Of(long first, byte[][] payloads) => EventBlock.Encode(
        incarnation: 1, first, [.. payloads.Select(payload => (ReadOnlyMemory<byte>)payload)], new long[payloads.Length]);

    public static ReadOutcome.Batch Batch(params BlockSlice[] slices)
    {
        var (from, next) = (slices[0].FirstSequence, slices[^1].FirstSequence + slices[^1].Count);
        var descriptor = new StreamDescriptor
        {
            Name = StreamName.Parse("s"),
            ContentType = StreamContentType.Default,
            Earliest = new StreamOffset(1, 0),
            Tail = new StreamOffset(1, next),
            Incarnations = new IncarnationList(new IncarnationStart(1, 0)),
            Closed = false,
        };
        return new ReadOutcome.Batch(new StreamOffset(1, from), new StreamOffset(1, next), slices, descriptor);
    }

    public static BlockSlice All(EventBlock block) => new(block, 0, block.Count);
}
