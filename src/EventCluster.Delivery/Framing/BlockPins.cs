using System.Runtime.InteropServices;
using EventCluster.Abstractions.Memory;
using EventCluster.Abstractions.Streams;
using EventCluster.Protocol;

namespace EventCluster.Delivery.Framing;

/// <summary>
/// Blocks that wait for clients to take what they hold. Each is counted once in a share of the memory budget, however many
/// clients it waits for, since they share it.
/// </summary>
internal sealed class BlockPins(MemoryShare share)
{
    /// <summary>Smaller blocks are counted for each client: to look for them would cost more than they do.</summary>
    private const int SmallBlockBytes = 4 * 1024;

    private readonly Dictionary<EventBlock, int> _pins = [];
    private readonly Lock _gate = new();

    /// <summary>The share.</summary>
    public MemoryShare Share => share;

    /// <summary>Keeps a block; false when the share is full.</summary>
    public bool TryPin(EventBlock block)
    {
        lock (_gate)
        {
            ref var count = ref CollectionsMarshal.GetValueRefOrAddDefault(_pins, block, out var isThere);
            if (!isThere && !share.TryReserve(block.Encoded.Length))
            {
                _pins.Remove(block);
                return false;
            }

            count++;
            return true;
        }
    }

    /// <summary>Undoes <see cref="TryPin(EventBlock)"/>.</summary>
    public void Unpin(EventBlock block)
    {
        lock (_gate)
        {
            ref var count = ref CollectionsMarshal.GetValueRefOrNullRef(_pins, block);
            if (--count == 0)
            {
                _pins.Remove(block);
                share.Release(block.Encoded.Length);
            }
        }
    }

    /// <summary>Keeps the blocks of a batch, all or none; false when the share is full.</summary>
    public bool TryPin(IReadOnlyList<BlockSlice> slices)
    {
        var small = SmallBytes(slices);
        if (!share.TryReserve(small))
        {
            return false;
        }

        for (var i = 0; i < slices.Count; i++)
        {
            if (IsSmall(slices[i].Block) || TryPin(slices[i].Block))
            {
                continue;
            }

            Unpin(slices, i);
            share.Release(small);
            return false;
        }

        return true;
    }

    /// <summary>
    /// The same events without the rest of blocks that are far larger than what is needed of them: one commit of 8 MiB is one
    /// block. Null when there is no such block, or no room for the copy.
    /// </summary>
    public IReadOnlyList<BlockSlice>? Cut(IReadOnlyList<BlockSlice> slices)
    {
        BlockSlice[]? cut = null;
        if (share.Limit - share.Used < slices.Sum(static slice => EventBlock.EncodedBytes(slice.Count, slice.PayloadBytes)))
        {
            return null;
        }

        for (var i = 0; i < slices.Count; i++)
        {
            var slice = slices[i];
            if (slice.Block.Encoded.Length > 2L * EventBlock.EncodedBytes(slice.Count, slice.PayloadBytes))
            {
                (cut ??= [.. slices])[i] = Cut(slice);
            }
        }

        return cut;
    }

    /// <summary>Undoes <see cref="TryPin(IReadOnlyList{BlockSlice})"/>.</summary>
    public void Unpin(IReadOnlyList<BlockSlice> slices)
    {
        Unpin(slices, slices.Count);
        share.Release(SmallBytes(slices));
    }

    private static BlockSlice Cut(BlockSlice slice)
    {
        var (payloads, times) = (new ReadOnlyMemory<byte>[slice.Count], new long[slice.Count]);
        for (var i = 0; i < slice.Count; i++)
        {
            payloads[i] = slice.Block.GetPayload(slice.Start + i);
            times[i] = slice.Block.GetTimeMilliseconds(slice.Start + i);
        }

        return new BlockSlice(
            EventBlock.Encode(slice.Block.Incarnation, slice.FirstSequence, payloads, times), 0, slice.Count);
    }

    private void Unpin(IReadOnlyList<BlockSlice> slices, int count)
    {
        for (var i = 0; i < count; i++)
        {
            if (!IsSmall(slices[i].Block))
            {
                Unpin(slices[i].Block);
            }
        }
    }

    private static long SmallBytes(IReadOnlyList<BlockSlice> slices)
    {
        var bytes = 0L;
        for (var i = 0; i < slices.Count; i++)
        {
            bytes += IsSmall(slices[i].Block) ? slices[i].Block.Encoded.Length : 0;
        }

        return bytes;
    }

    private static bool IsSmall(EventBlock block) => block.Encoded.Length <= SmallBlockBytes;
}
