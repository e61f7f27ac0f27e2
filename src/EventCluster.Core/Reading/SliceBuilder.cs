using EventCluster.Abstractions.Streams;
using EventCluster.Protocol;

namespace EventCluster.Core.Reading;

/// <summary>Collects consecutive events into slices up to a budget; the first event is taken whatever its size.</summary>
internal sealed class SliceBuilder(int maxBytes, int maxEvents)
{
    private readonly List<BlockSlice> _slices = [];
    private long _bytesLeft = maxBytes;
    private int _eventsLeft = Math.Max(1, maxEvents);

    /// <summary>The slices so far.</summary>
    public IReadOnlyList<BlockSlice> Slices => _slices;

    /// <summary>Payload bytes that are still wanted.</summary>
    public int BytesLeft => (int)Math.Max(0, _bytesLeft);

    /// <summary>Sequence after the last event taken, or the given one.</summary>
    public long NextAfter(long from) => _slices.Count == 0 ? from : _slices[^1].FirstSequence + _slices[^1].Count;

    /// <summary>Takes events of a block from one index up to, not including, another; false when the budget ended.</summary>
    public bool Add(EventBlock block, int start, int end)
    {
        var last = Math.Min(end, start + Math.Min(_eventsLeft, end - start));
        if (block.GetPayloadBytes(start, last) > _bytesLeft)
        {
            last = LastWithin(block, start, last);
        }

        if (last == start && _slices.Count == 0)
        {
            last = start + 1;
        }

        if (last > start)
        {
            _slices.Add(new BlockSlice(block, start, last));
            _bytesLeft -= block.GetPayloadBytes(start, last);
            _eventsLeft -= last - start;
        }

        return last == end && _bytesLeft > 0 && _eventsLeft > 0;
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
