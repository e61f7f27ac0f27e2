using EventCluster.Storage.LocalDisk.Format;

namespace EventCluster.Storage.LocalDisk.Index;

/// <summary>How much of each segment is still needed.</summary>
internal sealed class SegmentUsage
{
    private readonly Dictionary<uint, Usage> _segments = [];
    private Usage? _last;
    private uint _lastSegment;

    public void Take(in BlockRef block)
    {
        var usage = Of(block.Segment);
        usage.LiveBytes += block.StoredBytes;
        usage.End = Math.Max(usage.End, block.Offset + (long)block.StoredBytes);
    }

    public void Release(BlockRef block)
    {
        Of(block.Segment).LiveBytes -= block.StoredBytes;
        ReleasedBytes += block.StoredBytes;
    }

    /// <summary>Bytes released since the start.</summary>
    public long ReleasedBytes { get; private set; }

    /// <summary>Segments that hold data still needed.</summary>
    public IEnumerable<uint> Live => _segments.Where(pair => pair.Value.LiveBytes > 0).Select(pair => pair.Key);

    /// <summary>Where the last block that was ever taken in a segment ends, while the segment holds live ones.</summary>
    public long EndOf(uint segment) =>
        _segments.TryGetValue(segment, out var usage) && usage.LiveBytes > 0 ? usage.End : 0;

    public long LiveBytes(uint segment) => _segments.TryGetValue(segment, out var usage) ? usage.LiveBytes : 0;

    /// <summary>Segments with delete records, and for each the oldest segment with data of those streams.</summary>
    public IReadOnlyList<(uint Segment, uint Oldest)> Buried =>
        [.. _segments.Where(pair => pair.Value.OldestBuried != uint.MaxValue)
            .Select(pair => (pair.Key, pair.Value.OldestBuried))
            .Order()];

    /// <summary>Oldest segment with data of streams whose delete records lie in this one; null for none.</summary>
    public uint? OldestBuried(uint segment) =>
        _segments.TryGetValue(segment, out var usage) && usage.OldestBuried != uint.MaxValue ? usage.OldestBuried : null;

    public void Bury(uint segment, uint dataSegment)
    {
        var usage = Of(segment);
        usage.OldestBuried = Math.Min(usage.OldestBuried, dataSegment);
    }

    /// <summary>The deletes of a segment were copied forward.</summary>
    public void Unbury(uint segment) => Of(segment).OldestBuried = uint.MaxValue;

    public void Forget(uint segment)
    {
        _segments.Remove(segment);
        _last = null;
    }

    private Usage Of(uint segment)
    {
        if (_last is null || _lastSegment != segment)
        {
            if (!_segments.TryGetValue(segment, out var usage))
            {
                _segments[segment] = usage = new Usage();
            }

            (_last, _lastSegment) = (usage, segment);
        }

        return _last;
    }

    private sealed class Usage
    {
        public long LiveBytes { get; set; }

        public long End { get; set; }

        public uint OldestBuried { get; set; } = uint.MaxValue;
    }
}
