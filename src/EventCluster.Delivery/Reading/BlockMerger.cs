using System.Runtime.InteropServices;
using EventCluster.Abstractions.Streams;
using EventCluster.Protocol;

namespace EventCluster.Delivery.Reading;

/// <summary>
/// Joins small neighbouring blocks. A stream that was appended to event by event is stored in blocks of one event; many
/// readers that catch up from the cache would pay for each of them again and again.
/// </summary>
internal static class BlockMerger
{
    /// <summary>A block with more payload bytes than this is left as it is.</summary>
    public const int SmallBlockBytes = 8 * 1024;

    /// <summary>Most payload bytes of a joined block.</summary>
    public const int MergedBytes = 64 * 1024;

    /// <summary>Longest time between the events of a joined block; its index holds 32 bits of milliseconds.</summary>
    private const long MaxSpanMilliseconds = uint.MaxValue;

    /// <summary>The same events in the same order, with small whole blocks of one history joined.</summary>
    public static IReadOnlyList<BlockSlice> Merge(IReadOnlyList<BlockSlice> slices)
    {
        List<BlockSlice> merged = [];
        for (var from = 0; from < slices.Count;)
        {
            var to = RunEnd(slices, from);
            merged.Add(to == from + 1 ? slices[from] : Join(slices, from, to));
            from = to;
        }

        return merged;
    }

    private static int RunEnd(IReadOnlyList<BlockSlice> slices, int from)
    {
        var first = slices[from].Block;
        if (!IsSmall(slices[from]))
        {
            return from + 1;
        }

        var bytes = first.PayloadBytes;
        var to = from + 1;
        while (to < slices.Count && IsSmall(slices[to])
            && slices[to].Block is var next
            && next.Incarnation == first.Incarnation
            && next.FirstSequence == slices[to - 1].Block.EndSequence
            && next.LastTimeMilliseconds - first.FirstTimeMilliseconds <= MaxSpanMilliseconds
            && bytes + next.PayloadBytes <= MergedBytes)
        {
            bytes += next.PayloadBytes;
            to++;
        }

        return to;
    }

    private static bool IsSmall(BlockSlice slice) =>
        slice.Start == 0 && slice.End == slice.Block.Count && slice.Block.PayloadBytes <= SmallBlockBytes;

    private static BlockSlice Join(IReadOnlyList<BlockSlice> slices, int from, int to)
    {
        List<ReadOnlyMemory<byte>> payloads = [];
        List<long> times = [];
        for (var i = from; i < to; i++)
        {
            var block = slices[i].Block;
            for (var index = 0; index < block.Count; index++)
            {
                payloads.Add(block.GetPayload(index));
                times.Add(block.GetTimeMilliseconds(index));
            }
        }

        var first = slices[from].Block;
        var joined = EventBlock.Encode(
            first.Incarnation, first.FirstSequence, CollectionsMarshal.AsSpan(payloads), CollectionsMarshal.AsSpan(times));
        return new BlockSlice(joined, 0, joined.Count);
    }
}
