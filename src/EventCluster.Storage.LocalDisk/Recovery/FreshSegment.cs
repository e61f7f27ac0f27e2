using EventCluster.Storage.LocalDisk.Disk;
using EventCluster.Storage.LocalDisk.Format;
using EventCluster.Storage.LocalDisk.Journal;

namespace EventCluster.Storage.LocalDisk.Recovery;

/// <summary>
/// The segment that every start begins. Valid records behind the last durable position are rewritten into it before
/// anything is served (CORRECTNESS rule 11): what was read from the old file may never have reached the disk.
/// </summary>
/// <remarks>
/// A start must need no more room than a stop or a kill left, or nothing could be deleted to make some. So without room for
/// a segment it takes one that was made ahead, then a smaller one, and in the end the rest of the newest segment.
/// </remarks>
internal sealed class FreshSegment(IDisk disk, LocalDiskOptions options, SegmentSet segments, UInt128 storeId)
{
    /// <summary>Least room for records in a segment that a start on a full disk goes on with: some hundred deletes.</summary>
    private const int LeastRoom = 16 * 1024;

    /// <summary>A segment made ahead is used only if its number is this near: a name with a wild one must not become the next.</summary>
    private const uint NearestNumbers = 1000;

    private const int PageBytes = 4096;
    private static readonly byte[] Zeros = new byte[256 * 1024];

    private readonly GroupBuffer _group = new();

    /// <summary>Makes the segment, rewrites, points the index at the new places, and makes all of it durable.</summary>
    public async Task<JournalStart> BeginAsync(JournalScan scan, JournalReplay replay)
    {
        var rewrite = scan.Groups.Where(group => group.Position >= scan.Durable).ToArray();
        var least = SegmentHeader.Bytes + (2L * GroupHeader.Bytes) + rewrite.Sum(group => (long)group.TotalBytes);
        if (await TryMakeAsync(scan, least) is not { } segment)
        {
            return await ContinueAsync(scan);
        }

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

    private async Task<Segment?> TryMakeAsync(JournalScan scan, long least)
    {
        var wanted = Math.Max(options.SegmentBytes, RoundUp(least));
        foreach (var spare in scan.Leftovers)
        {
            if (spare.Id > scan.End.Segment && spare.Id - scan.End.Segment <= NearestNumbers && spare.Capacity >= wanted && !scan.Unexplained.Contains(spare.Id))
            {
                // On a full disk this is the only room for a start.
                scan.Leftovers.Remove(spare);
                await ClearAsync(spare, scan.Marked.Contains(spare.Id) ? SpareMark.Bytes : 0);
                await spare.File.FlushAsync();
                return spare;
            }
        }

        var next = NextNumber(scan);
        long[] sizes = [wanted, RoundUp(least + LocalDiskOptions.MinSegmentBytes), RoundUp(least + LeastRoom)];
        foreach (var bytes in sizes.Where(bytes => bytes <= wanted))
        {
            try
            {
                return await segments.CreateAsync(next, bytes);
            }
            catch (DiskFullException)
            {
                // Less may fit.
            }
        }

        return null;
    }

    /// <summary>The first number behind the journal that no file has, whatever stray files are called.</summary>
    private static uint NextNumber(JournalScan scan)
    {
        var taken = scan.Leftovers.Select(segment => segment.Id).ToHashSet();
        var next = scan.Journal.Select(segment => segment.Id).Append(scan.End.Segment).Max() + 1;
        while (taken.Contains(next))
        {
            next++;
        }

        return next;
    }

    /// <summary>
    /// Goes on in the newest segment: what may live in the page cache only is written again where it lies, what lies behind
    /// the end is cleared, so that it never follows a new group by chance, and a seal begins this start.
    /// </summary>
    private async Task<JournalStart> ContinueAsync(JournalScan scan)
    {
        var segment = scan.Journal.Find(segment => segment.Id == scan.End.Segment);
        if (segment is null || segment.Capacity - scan.End.Offset < LeastRoom + (3 * GroupHeader.Bytes))
        {
            throw new DataDirectoryUnusableException(
                $"No room in '{options.Path}' for a journal segment, which a start needs: {LeastRoom * 2} bytes at least, "
                + $"{options.SegmentBytes} bytes for appends.");
        }

        var image = await SegmentImage.ReadAsync(segment);
        var from = scan.Durable.Segment == segment.Id ? (int)scan.Durable.Offset : 0;
        if (scan.End.Offset > from)
        {
            await segment.File.WriteAsync([image.Slice(from, (int)scan.End.Offset - from)], from);
        }

        await ClearAsync(segment, scan.End.Offset);
        await segment.File.FlushAsync();
        var number = scan.LastGroup + 1;
        _group.Begin(segment, null, scan.End.Offset);
        await segment.File.WriteAsync(_group.Finish(GroupKind.Seal, number, scan.End), scan.End.Offset);
        await segment.File.FlushAsync();
        await disk.FlushDirectoryAsync(options.Path);
        segment.End = checked((uint)(scan.End.Offset + _group.Length));
        return new JournalStart(storeId, segments, segment, number, scan.StartNumber + 1);
    }

    /// <summary>Zeros behind an offset; without truncating, so that the room stays.</summary>
    private static async ValueTask ClearAsync(Segment segment, long offset)
    {
        var image = await SegmentImage.ReadAsync(segment);
        var end = offset + image.UsedBehind((int)offset);
        while (offset < end)
        {
            var count = (int)Math.Min(Zeros.Length, end - offset);
            await segment.File.WriteAsync([Zeros.AsMemory(0, count)], offset);
            offset += count;
        }
    }

    private static long RoundUp(long bytes) => (bytes + PageBytes - 1) & ~(PageBytes - 1L);

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
