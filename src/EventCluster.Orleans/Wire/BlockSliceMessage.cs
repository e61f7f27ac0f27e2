using EventCluster.Abstractions.Streams;
using EventCluster.Protocol;

namespace EventCluster.Orleans.Wire;

/// <summary>
/// A <see cref="BlockSlice"/> between silos. A block crosses whole, as the bytes that are stored; a small part of a large block
/// crosses alone.
/// </summary>
[GenerateSerializer]
[Immutable]
[Alias("ec.slice")]
internal struct BlockSliceMessage
{
    /// <summary>A slice with less than this share of its block's payload is copied out instead of sending the whole block.</summary>
    private const int WholeBlockShare = 2;

    /// <summary>The first event of the slice within the block.</summary>
    [Id(0)]
    public int Start;

    /// <summary>The event behind the slice.</summary>
    [Id(1)]
    public int End;

    /// <summary>The block as it is stored.</summary>
    [Id(2)]
    public ReadOnlyMemory<byte> Block;

    /// <summary>From a slice.</summary>
    public static BlockSliceMessage Of(BlockSlice slice)
    {
        var block = slice.Block;
        if ((long)slice.PayloadBytes * WholeBlockShare < block.PayloadBytes)
        {
            block = Cut(slice);
            slice = new BlockSlice(block, 0, block.Count);
        }

        return new BlockSliceMessage { Start = slice.Start, End = slice.End, Block = block.Encoded };
    }

    /// <summary>The slice.</summary>
    /// <exception cref="InvalidDataException">The block does not have the checksum that it had when it left.</exception>
    public readonly BlockSlice ToSlice() => EventBlock.TryDecode(Block, out var block, out var error)
        ? new BlockSlice(block, Start, End)
        : throw new InvalidDataException($"A block was damaged on its way between silos: {error}");

    private static EventBlock Cut(BlockSlice slice)
    {
        var payloads = new ReadOnlyMemory<byte>[slice.Count];
        var times = new long[slice.Count];
        for (var i = 0; i < slice.Count; i++)
        {
            payloads[i] = slice.Block.GetPayload(slice.Start + i);
            times[i] = slice.Block.GetTimeMilliseconds(slice.Start + i);
        }

        return EventBlock.Encode(slice.Block.Incarnation, slice.FirstSequence, payloads, times);
    }
}
