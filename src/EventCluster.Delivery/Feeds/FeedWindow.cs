using EventCluster.Abstractions;
using EventCluster.Abstractions.Memory;
using EventCluster.Abstractions.Streams;
using EventCluster.Delivery.Reading;

namespace EventCluster.Delivery.Feeds;

/// <summary>
/// The newest events of a feed as shared blocks, bounded by payload bytes: a ring of consecutive slices, so that a reader
/// finds its place without walking through all of them. Guarded by its feed's lock.
/// </summary>
internal sealed class FeedWindow
{
    private const int SmallestRing = 4;

    /// <summary>Its length is a power of two.</summary>
    private BlockSlice[] _ring = [];
    private int _first;
    private int _count;
    private HeldPosition _end;

    /// <summary>Bytes above the bound that are reserved: a batch that is larger than its feed's part.</summary>
    private (MemoryShare? Share, long Bytes) _excess;

    /// <summary>Position before the oldest event; the end when there is none.</summary>
    public HeldPosition Start { get; private set; }

    /// <summary>Payload bytes held.</summary>
    public long Bytes { get; private set; }

    /// <summary>Begins again, empty, at a position.</summary>
    public void Reset(HeldPosition position)
    {
        (_ring, _first, _count) = ([], 0, 0);
        (Start, _end, Bytes) = (position, position, 0);
        Hold(null, 0);
    }

    /// <summary>
    /// Adds events that follow the newest one, and drops the oldest while the rest is above the bound. What came last is kept
    /// beyond it while its bytes can be reserved: readers at the tail are about to ask for it. Otherwise they read it as those do
    /// that are behind.
    /// </summary>
    /// <param name="slices">The events.</param>
    /// <param name="maxBytes">The part of the feeds' memory that is this one's.</param>
    /// <param name="share">Where more is reserved; null for no more.</param>
    public void Add(IReadOnlyList<BlockSlice> slices, long maxBytes, MemoryShare? share)
    {
        for (var i = 0; i < slices.Count; i++)
        {
            Enqueue(slices[i]);
            Bytes += slices[i].PayloadBytes;
            _end = _end.At(slices[i].FirstSequence + slices[i].Count);
        }

        while (Bytes > maxBytes && _count > slices.Count)
        {
            DropOldest();
        }

        while (!Hold(share, Math.Max(0, Bytes - maxBytes)))
        {
            DropOldest();
        }
    }

    /// <summary>Keeps no more than its part: nobody follows any more.</summary>
    public void GiveBack(long maxBytes) => Add([], maxBytes, share: null);

    /// <summary>Drops whole slices before a position: they were trimmed.</summary>
    public void DropBefore(HeldPosition position)
    {
        var bound = position < _end ? position : _end;
        while (_count > 0 && EndOf(0) <= bound.Sequence)
        {
            DropOldest();
        }

        Start = bound > Start ? bound : Start;
    }

    /// <summary>Copies events from a position inside the window on: at least one, then as many as the budget has room for.</summary>
    /// <returns>The position after the last event copied.</returns>
    public HeldPosition Read(HeldPosition from, int maxBytes, int maxEvents, List<BlockSlice> into)
    {
        var next = from.Sequence;
        for (var i = IndexOf(next); i < _count; i++)
        {
            ref readonly var slice = ref At(i);
            var start = slice.Start + (int)(next - slice.FirstSequence);
            var end = SliceFit.End(slice.Block, start, slice.End, maxBytes, maxEvents, isFirst: into.Count == 0);
            if (end == start)
            {
                break;
            }

            into.Add(slice with { Start = start, End = end });
            next += end - start;
            maxEvents -= end - start;
            maxBytes -= slice.Block.GetPayloadBytes(start, end);
            if (end < slice.End)
            {
                break;
            }
        }

        return from.At(next);
    }

    private bool Hold(MemoryShare? share, long bytes)
    {
        if (bytes == 0 || share != _excess.Share || bytes < _excess.Bytes)
        {
            var kept = share == _excess.Share ? bytes : 0;
            _excess.Share?.Release(_excess.Bytes - kept);
            _excess = (kept > 0 ? share : null, kept);
        }

        if (bytes > _excess.Bytes && (share is null || !share.TryReserve(bytes - _excess.Bytes)))
        {
            return false;
        }

        _excess = (bytes > 0 ? share : null, bytes);
        return true;
    }

    private ref BlockSlice At(int index) => ref _ring[(_first + index) & (_ring.Length - 1)];

    private long EndOf(int index)
    {
        ref readonly var slice = ref At(index);
        return slice.FirstSequence + slice.Count;
    }

    /// <summary>The first slice that ends after a sequence.</summary>
    private int IndexOf(long sequence)
    {
        var (low, high) = (0, _count);
        if (_count > 0 && At(_count - 1).FirstSequence <= sequence)
        {
            // As in the tail cache: the newest events are what most readers want.
            return EndOf(_count - 1) > sequence ? _count - 1 : _count;
        }

        while (low < high)
        {
            var middle = (low + high) / 2;
            (low, high) = EndOf(middle) > sequence ? (low, middle) : (middle + 1, high);
        }

        return low;
    }

    private void Enqueue(in BlockSlice slice)
    {
        if (_count == _ring.Length)
        {
            var larger = new BlockSlice[Math.Max(SmallestRing, _ring.Length * 2)];
            for (var i = 0; i < _count; i++)
            {
                larger[i] = At(i);
            }

            (_ring, _first) = (larger, 0);
        }

        _count++;
        At(_count - 1) = slice;
    }

    private void DropOldest()
    {
        ref var oldest = ref At(0);
        Bytes -= oldest.PayloadBytes;
        Start = Start.At(oldest.FirstSequence + oldest.Count);
        oldest = default;
        _first = (_first + 1) & (_ring.Length - 1);
        _count--;
    }
}
