using EventCluster.Storage.LocalDisk.Format;
using EventCluster.Storage.LocalDisk.Journal;

namespace EventCluster.Storage.LocalDisk.Recovery;

/// <summary>
/// Finds the valid journal from a position on and tells a torn tail from damage (CORRECTNESS rule 10): damage at p is a
/// torn tail only if no valid header behind it declares a flushed position beyond p.
/// </summary>
/// <param name="segments">The files.</param>
/// <param name="storeId">The store.</param>
/// <param name="record">What is recorded beside the journal; null in a folder of format 1.</param>
internal sealed class JournalScanner(SegmentSet segments, UInt128 storeId, EndRecord? record)
{
    private readonly JournalScan _scan = new();
    private readonly Dictionary<uint, SegmentHeader> _headers = [];
    private readonly Dictionary<uint, uint> _ends = [];

    /// <summary>Scans.</summary>
    /// <param name="ids">All segment files, ascending.</param>
    /// <param name="from">Where the checkpoint ends; <see cref="JournalPosition.None"/> without one.</param>
    public async Task<JournalScan> ScanAsync(IReadOnlyList<uint> ids, JournalPosition from)
    {
        _scan.Durable = Max(from, record?.End ?? JournalPosition.None);
        _scan.End = from;
        _scan.LastGroup = record?.Group ?? 0;
        var files = await OpenAsync(ids);
        if (!TryChain(files, from) || !AreClosedWhole(from))
        {
            return _scan;
        }

        var toScan = _scan.Journal.Where(segment => segment.Id >= from.Segment).ToArray();
        for (var i = 0; i < toScan.Length; i++)
        {
            var limit = i + 1 < toScan.Length ? _headers[toScan[i + 1].Id].PreviousEnd : (JournalPosition?)null;
            if (!await ScanSegmentAsync(toScan[i], from, limit))
            {
                return _scan;
            }
        }

        await JudgeLeftoversAsync();
        if (record?.End > _scan.End)
        {
            // What is missing was flushed, whatever the bytes there look like.
            _scan.Damage ??= _scan.End.Segment == 0 ? new JournalPosition(record.End.Segment, 0) : _scan.End;
        }

        return _scan;
    }

    private async Task<List<Segment>> OpenAsync(IReadOnlyList<uint> ids)
    {
        var files = new List<Segment>(ids.Count);
        var bytes = new byte[SegmentHeader.Bytes];
        foreach (var id in ids)
        {
            var segment = await segments.OpenAsync(id, writable: true);
            files.Add(segment);
            var read = await segment.File.ReadAsync(bytes, 0);
            if (SegmentHeader.TryRead(bytes.AsSpan(0, read), storeId, id) is { } header)
            {
                _headers.Add(id, header);
                _ends[header.PreviousEnd.Segment] = header.PreviousEnd.Offset;
                _scan.StartNumber = Math.Max(_scan.StartNumber, header.StartNumber);
            }
            else if (SpareMark.IsAt(bytes.AsSpan(0, read), storeId, id))
            {
                _scan.Marked.Add(id);
            }
        }

        return files;
    }

    /// <summary>
    /// Follows the segments from the newest back to the one where the scan begins. Files beside this chain are leftovers,
    /// those before it belong to the checkpoint.
    /// </summary>
    private bool TryChain(List<Segment> files, JournalPosition from)
    {
        var chain = new HashSet<uint>();
        var next = files.LastOrDefault(file => _headers.ContainsKey(file.Id))?.Id ?? 0;
        var whole = from == JournalPosition.None && next == 0;
        while (next != 0 && _headers.TryGetValue(next, out var header))
        {
            if (chain.Count == 0)
            {
                (_scan.AcksUnflushed, _scan.NewestStart) = (header.AcksUnflushed, header.StartNumber);
            }

            chain.Add(next);
            whole = header.Segment == from.Segment || (from.Segment == 0 && header.PreviousEnd.Segment == 0);
            if (whole)
            {
                break;
            }

            next = header.PreviousEnd.Segment;
        }

        foreach (var file in files)
        {
            var closed = file.Id < from.Segment && _headers.ContainsKey(file.Id);
            (closed || chain.Contains(file.Id) ? _scan.Journal : _scan.Leftovers).Add(file);
            file.End = closed ? EndOfClosed(file) : file.End;
        }

        _scan.Damage = whole ? null : new JournalPosition(Math.Max(next, from.Segment), 0);
        return whole;
    }

    /// <summary>The next segment says where this one ends; without it the end record does, and without both the file.</summary>
    private uint EndOfClosed(Segment file)
    {
        if (_ends.TryGetValue(file.Id, out var end))
        {
            return end;
        }

        var listed = record?.Segments.FirstOrDefault(listed => listed.Number == file.Id).Length ?? 0;
        return (uint)(listed > 0 ? listed : file.Capacity);
    }

    /// <summary>A segment that no scan needs has at least its length to show.</summary>
    private bool AreClosedWhole(JournalPosition from)
    {
        var cut = _scan.Journal.Find(segment => segment.Id < from.Segment && segment.End > segment.Capacity);
        _scan.Damage = cut is null ? null : new JournalPosition(cut.Id, (uint)cut.Capacity);
        return cut is null;
    }

    private async ValueTask<bool> ScanSegmentAsync(Segment segment, JournalPosition from, JournalPosition? end)
    {
        var image = await SegmentImage.ReadAsync(segment);
        var offset = segment.Id == from.Segment ? (int)from.Offset : SegmentHeader.Bytes;
        var limit = end is { } known ? (int)Math.Min(known.Offset, image.Length) : image.Length;
        _scan.Durable = Max(_scan.Durable, _headers[segment.Id].PreviousEnd);

        // A stop is the journal's last word only if no later start has begun a segment.
        _scan.CleanStop = false;
        if (offset > image.Length)
        {
            _scan.Damage = new JournalPosition(segment.Id, (uint)image.Length);
            return false;
        }

        var previous = 0L;
        while (image.TryReadGroup(offset, limit) is { } group && (previous == 0 || group.Number == previous + 1))
        {
            previous = group.Number;
            Take(group, new GroupExtent(segment.Id, offset, group.BodyBytes));
            offset += GroupHeader.Bytes + group.BodyBytes;
            if (record?.End == new JournalPosition(segment.Id, (uint)offset) && record.Group != group.Number)
            {
                _scan.Damage = new JournalPosition(segment.Id, (uint)(offset - GroupHeader.Bytes - group.BodyBytes));
                return false;
            }
        }

        _scan.End = new JournalPosition(segment.Id, (uint)offset);
        segment.End = (uint)offset;
        if (end is { } declared)
        {
            // The next segment declares all of this one flushed: anything short of that is damage.
            var cutsRecorded = record?.End.Segment == segment.Id && record.End.Offset > declared.Offset;
            _scan.Damage = declared.Offset == offset && !cutsRecorded ? null : _scan.End;
            return _scan.Damage is null;
        }

        JudgeTail(image, offset);
        return true;
    }

    private void Take(GroupHeader group, GroupExtent extent)
    {
        _scan.Durable = Max(_scan.Durable, group.Flushed);
        _scan.LastGroup = group.Number;
        _scan.CleanStop = group.Kind == GroupKind.CleanStop;
        if (group.Records > 0)
        {
            _scan.Groups.Add(extent);
        }
    }

    private void JudgeTail(SegmentImage image, int offset)
    {
        _scan.DroppedBytes += image.UsedBehind(offset);
        if (image.LargestFlushedBehind(offset) > _scan.End)
        {
            _scan.Damage ??= offset == 0 ? new JournalPosition(image.Id, 0) : _scan.End;
        }
    }

    /// <summary>
    /// A file without a valid header of its own may still hold headers that declare the end before it flushed. One that was
    /// made ahead, or that the header of a later segment leaves out, is explained; other bytes are not.
    /// </summary>
    private async ValueTask JudgeLeftoversAsync()
    {
        foreach (var leftover in _scan.Leftovers)
        {
            var image = await SegmentImage.ReadAsync(leftover);
            var marked = _scan.Marked.Contains(leftover.Id);
            var start = marked ? SpareMark.Bytes : 0;
            var rewritten = _headers.ContainsKey(leftover.Id);
            if (leftover.Id > _scan.End.Segment)
            {
                JudgeTail(image, start);
            }

            if (!marked && !rewritten && image.UsedBehind(0) > 0)
            {
                _scan.Unexplained.Add(leftover.Id);
            }
        }
    }

    private static JournalPosition Max(JournalPosition left, JournalPosition right) => left > right ? left : right;
}
