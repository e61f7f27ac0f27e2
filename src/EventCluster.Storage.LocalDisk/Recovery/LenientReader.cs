using EventCluster.Storage.LocalDisk.Format;

namespace EventCluster.Storage.LocalDisk.Recovery;

/// <summary>Reads every whole record of a damaged segment, in order, jumping over what is not.</summary>
internal static class LenientReader
{
    /// <param name="image">The segment.</param>
    /// <param name="offset">Where to begin.</param>
    /// <param name="whole">Gets each whole record.</param>
    /// <param name="blockLost">Gets each commit that can still say what it was, but whose block is unreadable.</param>
    public static void ForEachRecord(
        SegmentImage image,
        int offset,
        Action<ReadOnlyMemory<byte>, RecordFrame, JournalPosition> whole,
        Action<CommitChange>? blockLost = null)
    {
        for (var at = image.NextHeader(offset); at >= 0; at = image.NextHeader(at))
        {
            at += GroupHeader.Bytes;
            while (at < image.Length && RecordFrame.TryReadDescription(image.Bytes[at..], image.Seed) is { } frame)
            {
                var record = image.Slice(at, frame.TotalBytes);
                if (frame.IsBlockWhole(record.Span, image.Seed))
                {
                    whole(record, frame, new JournalPosition(image.Id, (uint)at));
                }
                else if (frame.Kind == RecordKind.Commit)
                {
                    blockLost?.Invoke(RecordCodec.ReadCommit(record.Span[..frame.MetaBytes]));
                }

                at += frame.TotalBytes;
            }
        }
    }
}
