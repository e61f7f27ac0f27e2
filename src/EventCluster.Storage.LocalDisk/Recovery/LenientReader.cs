using EventCluster.Storage.LocalDisk.Format;

namespace EventCluster.Storage.LocalDisk.Recovery;

/// <summary>Reads every whole record of a damaged segment, in order, jumping over what is not.</summary>
internal static class LenientReader
{
    public static void ForEachRecord(
        SegmentImage image, int offset, Action<ReadOnlyMemory<byte>, RecordFrame, JournalPosition> action)
    {
        for (var at = image.NextHeader(offset); at >= 0; at = image.NextHeader(at))
        {
            at += GroupHeader.Bytes;
            while (at < image.Length && RecordFrame.TryRead(image.Bytes[at..], image.Seed) is { } frame)
            {
                action(image.Slice(at, frame.TotalBytes), frame, new JournalPosition(image.Id, (uint)at));
                at += frame.TotalBytes;
            }
        }
    }
}
