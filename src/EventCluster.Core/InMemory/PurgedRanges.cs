using EventCluster.Abstractions.Store;

namespace EventCluster.Core.InMemory;

/// <summary>The purged sequences of one stream, as disjoint ascending ranges that do not touch.</summary>
internal sealed class PurgedRanges
{
    private readonly List<SequenceRange> _ranges = [];

    /// <summary>Adds a range; an empty one changes nothing.</summary>
    public void Add(SequenceRange range)
    {
        if (range.From >= range.To)
        {
            return;
        }

        var (from, to) = range;
        var first = _ranges.FindIndex(r => r.To >= range.From);
        first = first < 0 ? _ranges.Count : first;
        var after = first;
        while (after < _ranges.Count && _ranges[after].From <= to)
        {
            from = Math.Min(from, _ranges[after].From);
            to = Math.Max(to, _ranges[after].To);
            after++;
        }

        _ranges.RemoveRange(first, after - first);
        _ranges.Insert(first, new SequenceRange(from, to));
    }

    /// <summary>True when every sequence of the range is purged.</summary>
    public bool Covers(long from, long to) => _ranges.Exists(r => r.From <= from && to <= r.To);

    /// <summary>Forgets what lies before a sequence: no block is left there.</summary>
    public void ForgetBefore(long sequence) => _ranges.RemoveAll(r => r.To <= sequence);
}
