namespace EventCluster.Storage.LocalDisk.Journal;

/// <summary>
/// Goes on in the next segment, though the current one has room: what is dead in it can only be given back once it is
/// closed. The segment begins with the delete of a stream that never was, because it is part of the journal only with
/// a record in it.
/// </summary>
/// <param name="segmentBytes">Size of a segment.</param>
/// <param name="closed">The segment that is left.</param>
internal sealed class PendingRoll(int segmentBytes, uint closed) : PendingTombstone(NoStream, closed)
{
    /// <summary>Numbers are given from 1 on.</summary>
    private const long NoStream = 0;

    /// <summary>As much as an empty segment has, so that no other one takes it.</summary>
    public override long MeasuredBytes { get; } = JournalWriter.MaxRecordBytes(segmentBytes);
}
