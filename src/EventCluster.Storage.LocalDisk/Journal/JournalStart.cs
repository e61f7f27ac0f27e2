using EventCluster.Storage.LocalDisk.Format;

namespace EventCluster.Storage.LocalDisk.Journal;

/// <summary>Where a writer begins: in a segment of this start's own.</summary>
/// <param name="StoreId">The store.</param>
/// <param name="Segments">All segments; the first one of this start is already among them.</param>
/// <param name="Current">The segment to write to.</param>
/// <param name="GroupNumber">Number of the last group.</param>
/// <param name="StartNumber">How many times the store was started, this one included.</param>
internal sealed record JournalStart(
    UInt128 StoreId, SegmentSet Segments, Segment Current, long GroupNumber, long StartNumber)
{
    /// <summary>Everything before it is on stable storage.</summary>
    public JournalPosition Flushed => Current.EndPosition;
}
