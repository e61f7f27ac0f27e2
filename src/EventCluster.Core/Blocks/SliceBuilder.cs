using EventCluster.Abstractions.Streams;
using EventCluster.Protocol;

namespace EventCluster.Core.Blocks;

/// <summary>Collects consecutive events into slices up to a budget; the first event is taken whatever its size.</summary>
internal sealed class SliceBuilder(int maxBytes, int maxEvents)
{
    private long _bytesLeft = maxBytes;
    private int _eventsLeft = Math.Max(1, maxEvents);
    private BlockSlice _last;
    private BlockSlice[]? _one;
    private List<BlockSlice>? _several;

    /// <summary>The slices so far.</summary>
    public IReadOnlyList<BlockSlice> Slices => _several ?? (IReadOnlyList<BlockSlice>?)_one ?? [];

    /// <summary>Payload bytes that are still wanted.</summary>
    public int BytesLeft => (int)Math.Max(0, _bytesLeft);

    /// <summary>Sequence after the last event taken, or the given one.</summary>
    public long NextAfter(long from) => _one is null ? from : _last.FirstSequence + _last.Count;

    /// <summary>Takes events of a block from one index up to, not including, another; false when the budget ended.</summary>
    public bool Add(EventBlock block, int start, int end)
    {
        var last = Math.Min(end, start + Math.Min(_eventsLeft, end - start));
        if (block.GetPayloadBytes(start, last) > _bytesLeft)
        {
            last = LastWithin(block, start, last);
        }

        if (last == start && _one is null)
        {
            last = start + 1;
        }

        if (last > start)
        {
            Add(new BlockSlice(block, start, last));
            _bytesLeft -= block.GetPayloadBytes(start, last);
            _eventsLeft -= last - start;
        }

        return last == end && _bytesLeft > 0 && _eventsLeft > 0;
    }

    private void Add(BlockSlice slice)
    {
        // One slice is what a reader at the tail gets, event for event; no list for that.
        _last = slice;
        if (_one is null)
        {
            _one = [slice];
        }
        else
        {
            (_several ??= [.. _one]).Add(slice);
        }
    }

    private int LastWithin(EventBlock block, int start, int end)
    {
        var (low, high) = (start, end);
        while (low < high)
        {
            var middle = (low + high + 1) / 2;
            (low, high) = block.GetPayloadBytes(start, middle) <= _bytesLeft ? (middle, high) : (low, middle - 1);
        }

        return low;
    }
}
