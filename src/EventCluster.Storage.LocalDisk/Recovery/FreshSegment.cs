using EventCluster.Storage.LocalDisk.Format;
using EventCluster.Storage.LocalDisk.Journal;

namespace EventCluster.Storage.LocalDisk.Recovery;

/// <summary>
/// The segment that every start begins. Valid records behind the last durable position are rewritten into it before
/// anything is served (CORRECTNESS rule 11): what was read from the old file may never have reached the disk.
/// </summary>
internal sealed class FreshSegment(IDisk disk, LocalDiskOptions options, SegmentSet segments, UInt128 storeId)
{
    private readonly GroupBuffer _group = new();

    /// <summary>Makes the segment, rewrites, points the index at the new places, and makes all of it durable.</summary>
    public async Task<JournalStart> BeginAsync(JournalScan scan, JournalReplay replay)
    {
        var rewrite = scan.Groups.Where(group => group.Position >= scan.Durable).ToArray();
        var bytes = SegmentHeader.Bytes + (2L * GroupHeader.Bytes) + rewrite.Sum(group => (long)group.TotalBytes);
        var segment = await MakeAsync(scan, Math.Max(options.SegmentBytes, (bytes + 4095) & ~4095L));
        segment.End = SegmentHeader.Bytes;
        var number = scan.LastGroup;
        foreach (var bySegment in rewrite.GroupBy(group => group.Segment))
        {
            var image = await SegmentImage.ReadAsync(scan.Journal.Single(old => old.Id == bySegment.Key));
            foreach (var extent in bySegment)
            {
                await RewriteAsync(segment, image, extent, ++number, scan.Durable, replay);
            }
        }

        // Only a valid header makes the segment part of the journal, so it comes after everything it vouches for.
        await segment.File.FlushAsync();
        var header = new byte[SegmentHeader.Bytes];
        new SegmentHeader(segment.Id, storeId, scan.Durable, scan.StartNumber + 1, !options.Flush).Write(header);
        await segment.File.WriteAsync([header], 0);
        await segment.File.FlushAsync();
        await disk.FlushDirectoryAsync(options.Path);
        segments.Add(segment);
        return new JournalStart(storeId, segments, segment, number, scan.StartNumber + 1);
    }

    private async Task<Segment> MakeAsync(JournalScan scan, long bytes)
    {
        foreach (var spare in scan.Leftovers)
        {
            if (spare.Id > scan.End.Segment && spare.Capacity >= bytes && await IsEmptyAsync(spare))
            {
                // On a full disk this is the only room for a start.
                scan.Leftovers.Remove(spare);
                await spare.File.FlushAsync();
                return spare;
            }
        }

        var last = scan.Journal.Concat(scan.Leftovers).Select(segment => segment.Id).DefaultIfEmpty().Max();
        try
        {
            return await segments.CreateAsync(last + 1, bytes);
        }
        catch (DiskFullException)
        {
            throw new DataDirectoryUnusableException(
                $"No room in '{options.Path}' for a journal segment of {bytes} bytes, which a start needs.");
        }
    }

    private static async ValueTask<bool> IsEmptyAsync(Segment spare) =>
        (await SegmentImage.ReadAsync(spare)).Bytes.IndexOfAnyExcept((byte)0) < 0;

    private async ValueTask RewriteAsync(
        Segment segment, SegmentImage image, GroupExtent extent, long number, JournalPosition durable, JournalReplay replay)
    {
        var offset = segment.End;
        _group.Begin(segment, null, offset);
        JournalReplay.ForEachRecord(image, extent, (record, frame, position) =>
        {
            var block = JournalReplay.BlockBytes(record, frame);
            switch (frame.Kind)
            {
                case RecordKind.Commit:
                    var change = JournalReplay.ReadCommit(record, frame, position);
                    var was = change.Block?.Ref;
                    _group.Add(change, block);
                    replay.Relocate(change, was, position);
                    break;
                case RecordKind.Moved:
                    var (stream, old) = RecordCodec.ReadMoved(record.Span);
                    var moved = JournalReplay.ReadBlock(record, frame, position).Ref;
                    replay.ApplyMove(stream, moved.MovedTo(_group.AddMoved(stream, old, block)), moved.Location);
                    break;
                case RecordKind.Tombstone:
                    var (dead, oldest) = RecordCodec.ReadTombstone(record.Span);
                    replay.ApplyTombstone(_group.AddTombstone(dead, oldest), oldest);
                    break;
            }
        });
        await segment.File.WriteAsync(_group.Finish(GroupKind.Records, number, durable), offset);
        segment.End = checked((uint)(offset + _group.Length));
    }
}
