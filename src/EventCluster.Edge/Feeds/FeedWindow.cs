using EventCluster.Abstractions.Streams;

namespace EventCluster.Edge.Feeds;

/// <summary>The newest events of a feed as shared blocks, bounded by payload bytes. Guarded by its feed's lock.</summary>
internal sealed class FeedWindow
{
    private readonly Queue<BlockSlice> _slices = new();
    private long _end;

    /// <summary>Sequence before the oldest event; the end when there is none.</summary>
    public long Start { get; private set; }

    /// <summary>Payload bytes held.</summary>
    public long Bytes { get; private set; }

    /// <summary>Begins again, empty, at a sequence.</summary>
    public void Reset(long sequence)
    {
        _slices.Clear();
        (Start, _end, Bytes) = (sequence, sequence, 0);
    }

    /// <summary>Adds events that follow the newest one, and drops the oldest while the rest is above the bound.</summary>
    public void Add(IReadOnlyList<BlockSlice> slices, long maxBytes)
    {
        for (var i = 0; i < slices.Count; i++)
        {
            _slices.Enqueue(slices[i]);
            Bytes += slices[i].PayloadBytes;
            _end = slices[i].FirstSequence + slices[i].Count;
        }

        while (Bytes > maxBytes && _slices.Count > slices.Count)
        {
            DropOldest();
        }
    }

    /// <summary>Drops whole slices before a sequence: they were trimmed.</summary>
    public void DropBefore(long sequence)
    {
        while (_slices.TryPeek(out var oldest) && oldest.FirstSequence + oldest.Count <= sequence)
        {
            DropOldest();
        }

        Start = Math.Max(Start, Math.Min(sequence, _end));
    }

    /// <summary>Copies events from a sequence inside the window on: at least one, then as many as the budget has room for.</summary>
    /// <returns>The sequence after the last event copied.</returns>
    public long Read(long from, int maxBytes, int maxEvents, List<BlockSlice> into)
    {
        var next = from;
        foreach (var slice in _slices)
        {
            if (slice.FirstSequence + slice.Count <= next)
            {
                continue;
            }

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

        return next;
    }

    private void DropOldest()
    {
        var oldest = _slices.Dequeue();
        Bytes -= oldest.PayloadBytes;
        Start = oldest.FirstSequence + oldest.Count;
    }
}
