using EventCluster.Abstractions.Store;

namespace EventCluster.Storage.LocalDisk.Index;

/// <summary>Sets of sequences as ascending, disjoint ranges.</summary>
internal static class SequenceRanges
{
    /// <summary>The union; touching ranges become one, empty ones vanish.</summary>
    public static List<SequenceRange> Merge(IEnumerable<SequenceRange> first, IEnumerable<SequenceRange> second)
    {
        var merged = new List<SequenceRange>();
        foreach (var range in first.Concat(second).Where(range => range.To > range.From).OrderBy(range => range.From))
        {
            if (merged.Count > 0 && merged[^1].To >= range.From)
            {
                merged[^1] = merged[^1] with { To = Math.Max(merged[^1].To, range.To) };
            }
            else
            {
                merged.Add(range);
            }
        }

        return merged;
    }
}
