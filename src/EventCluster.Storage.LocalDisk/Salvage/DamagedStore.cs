using System.Buffers.Binary;
using EventCluster.Protocol;
using EventCluster.Storage.LocalDisk.Checkpoints;
using EventCluster.Storage.LocalDisk.Disk;
using EventCluster.Storage.LocalDisk.Format;
using EventCluster.Storage.LocalDisk.Index;
using EventCluster.Storage.LocalDisk.Reading;
using EventCluster.Storage.LocalDisk.Recovery;

namespace EventCluster.Storage.LocalDisk.Salvage;

/// <summary>Reads as much as possible of a data directory without writing to it.</summary>
internal sealed class DamagedStore(IDisk disk, string directory)
{
    private readonly Dictionary<uint, Segment> _segments = [];
    private readonly Dictionary<uint, JournalPosition> _ends = [];
    private readonly HashSet<long> _buried = [];
    private EndRecord? _record;
    private bool _endFound;

    public List<SalvageLoss> Losses { get; } = [];

    public StreamIndex Index { get; private set; } = new();

    public async Task ReadAsync()
    {
        var names = (await disk.ListAsync(directory)).Where(name => name != DataFormat.LockFile).ToArray();
        var format = await ReadFormatAsync(names);
        var storeId = format?.StoreId ?? await StoreIdOfAsync(names);
        _record = await ReadEndsAsync(names, storeId, format);
        var range = await ReadCheckpointAsync(names, storeId);
        await OpenSegmentsAsync(names, storeId);
        foreach (var segment in _segments.Values.Where(segment => segment.Id >= range.From.Segment).OrderBy(s => s.Id))
        {
            await ReadSegmentAsync(segment, segment.Id == range.From.Segment ? (int)range.From.Offset : 0);
        }

        CompareWithRecord(names, range);
    }

    /// <summary>The block, or null if its bytes are damaged or gone.</summary>
    public async Task<EventBlock?> TryReadBlockAsync(StreamEntry entry, BlockRef block)
    {
        try
        {
            return (await BlockReader.ReadAsync(new BlocksToRead(
                entry.Name, entry.Number, entry.Blocks.IncarnationOf(block), [block], _segments)))[0];
        }
        catch (Exception e) when (e is IOException or KeyNotFoundException)
        {
            return null;
        }
    }

    public async Task CloseAsync()
    {
        foreach (var segment in _segments.Values)
        {
            await segment.File.DisposeAsync();
        }
    }

    private async Task<FormatFile?> ReadFormatAsync(IReadOnlyList<string> names)
    {
        try
        {
            return await FormatFile.TryReadAsync(disk, directory, names);
        }
        catch (DataDirectoryUnusableException e)
        {
            Losses.Add(new SalvageLoss(directory, 0, 0, e.Message));
            return null;
        }
    }

    /// <summary>Without a format file: the end record and the header of a segment have the id too.</summary>
    private async Task<UInt128> StoreIdOfAsync(IReadOnlyList<string> names)
    {
        if (names.Contains(DataFormat.EndFile, StringComparer.Ordinal)
            && await EndFile.TryOpenAsync(disk, directory, storeId: null, writable: false) is { } ends)
        {
            await ends.DisposeAsync();
            return ends.Last.StoreId;
        }

        foreach (var name in names)
        {
            var (bytes, read) = await ReadHeaderAsync(name);
            var storeId = BinaryPrimitives.ReadUInt128LittleEndian(bytes.AsSpan(16));
            if (HeaderOf(bytes.AsSpan(0, read), storeId) is not null)
            {
                return storeId;
            }
        }

        throw new DataDirectoryUnusableException($"'{directory}' has no {DataFormat.FormatFile} and no readable segment.");
    }

    private async Task<EndRecord?> ReadEndsAsync(IReadOnlyList<string> names, UInt128 storeId, FormatFile? format)
    {
        var there = names.Contains(DataFormat.EndFile, StringComparer.Ordinal);
        if (!there && format?.FormatVersion < DataFormat.FirstWithEndRecord)
        {
            return null;
        }

        if (!there || await EndFile.TryOpenAsync(disk, directory, storeId, writable: false) is not { } ends)
        {
            Losses.Add(new SalvageLoss(
                DataFormat.EndFile, 0, 0, "missing or damaged, so nothing says what may be missing at the journal's end"));
            return null;
        }

        await ends.DisposeAsync();
        return ends.Last;
    }

    private async Task<CheckpointRange> ReadCheckpointAsync(IReadOnlyList<string> names, UInt128 storeId)
    {
        var numbers = DataFormat.Checkpoints(names);
        foreach (var number in numbers.Reverse())
        {
            // A file under the name of another one is still what it is.
            foreach (var made in numbers.OrderByDescending(made => made == number))
            {
                if (await CheckpointReader.TryReadAsync(disk, directory, storeId, number, made) is { } checkpoint)
                {
                    Index = checkpoint.Index;
                    return checkpoint.Range;
                }
            }

            Losses.Add(new SalvageLoss(DataFormat.CheckpointFile(number), 0, 0, "the checkpoint is damaged"));
        }

        return CheckpointRange.None;
    }

    /// <summary>A segment is what its header says, whatever the name; without a header it is what its name says.</summary>
    private async Task OpenSegmentsAsync(IReadOnlyList<string> names, UInt128 storeId)
    {
        var files = new Dictionary<uint, string>();
        foreach (var name in names.OrderByDescending(name => DataFormat.Segments([name]).Length))
        {
            var (bytes, read) = await ReadHeaderAsync(name);
            if (HeaderOf(bytes.AsSpan(0, read), storeId) is { } header && files.TryAdd(header.Segment, name))
            {
                _ends[header.PreviousEnd.Segment] = header.PreviousEnd;
            }
        }

        foreach (var id in DataFormat.Segments(names))
        {
            files.TryAdd(id, DataFormat.SegmentFile(id));
        }

        foreach (var (id, name) in files)
        {
            var path = $"{directory}/{name}";
            var file = await disk.OpenAsync(path, writable: false);
            _segments.Add(id, new Segment(id, Checksum.SegmentSeed(storeId, id), file, path));
        }
    }

    private async Task<(byte[] Bytes, int Read)> ReadHeaderAsync(string name)
    {
        var bytes = new byte[SegmentHeader.Bytes];
        try
        {
            var file = await disk.OpenAsync($"{directory}/{name}", writable: false);
            await using (file)
            {
                return (bytes, await file.ReadAsync(bytes, 0));
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return (bytes, 0);
        }
    }

    private static SegmentHeader? HeaderOf(ReadOnlySpan<byte> bytes, UInt128 storeId) =>
        bytes.Length < SegmentHeader.Bytes
            ? null
            : SegmentHeader.TryRead(bytes, storeId, BinaryPrimitives.ReadUInt32LittleEndian(bytes[12..]));

    /// <summary>Says what the end record lists and nobody can find.</summary>
    private void CompareWithRecord(IReadOnlyList<string> names, CheckpointRange range)
    {
        if (_record is null)
        {
            return;
        }

        foreach (var (number, length) in _record.Segments)
        {
            var found = _segments.TryGetValue(number, out var segment) ? segment.File.Length : 0;
            if (found < length)
            {
                Losses.Add(new SalvageLoss(
                    DataFormat.SegmentFile(number), 0, 0, $"has {found} bytes, and {length} bytes of it were flushed"));
            }
        }

        var checkpoints = _record.Checkpoints.Select(file => DataFormat.CheckpointFile(file.Number));
        foreach (var name in checkpoints.Except(names, StringComparer.Ordinal))
        {
            Losses.Add(new SalvageLoss(name, 0, 0, "missing"));
        }

        if (!_endFound && _record.End > range.From && _record.End.Offset > SegmentHeader.Bytes)
        {
            Losses.Add(new SalvageLoss(
                DataFormat.SegmentFile(_record.End.Segment),
                0,
                0,
                $"the last group before byte {_record.End.Offset}, which was flushed, is missing or damaged"));
        }
    }

    private async Task ReadSegmentAsync(Segment segment, int from)
    {
        // Behind the place where a later start cut it a segment has only what was never acknowledged, or was rewritten.
        var image = await SegmentImage.ReadAsync(segment);
        var end = _ends.TryGetValue(segment.Id, out var cut) ? cut.Offset : uint.MaxValue;
        _endFound |= _record?.End.Segment == segment.Id && EndsAt(image, (int)_record.End.Offset);
        LenientReader.ForEachRecord(image, from, (record, frame, position) =>
        {
            if (position.Offset >= end)
            {
                return;
            }

            switch (frame.Kind)
            {
                case RecordKind.Commit:
                    Take(JournalReplay.ReadCommit(record, frame, position));
                    break;
                case RecordKind.Moved:
                    var (number, old) = RecordCodec.ReadMoved(record.Span);
                    Index.ApplyMove(number, JournalReplay.ReadBlock(record, frame, position).Ref, old);
                    break;
                case RecordKind.Tombstone:
                    Bury(RecordCodec.ReadNumber(record.Span));
                    break;
            }
        },
        Take);
    }

    private static bool EndsAt(SegmentImage image, int end)
    {
        for (var at = image.NextHeader(0); at >= 0; at = image.NextHeader(at + GroupHeader.Bytes))
        {
            if (image.TryReadGroup(at, Math.Min(end, image.Length)) is { } group && at + GroupHeader.Bytes + group.BodyBytes == end)
            {
                return true;
            }
        }

        return false;
    }

    private void Take(CommitChange change)
    {
        Index.Remember(change.Incarnations?.Latest.Incarnation ?? 0);
        var entry = Index.Find(change.Number);
        if (_buried.Contains(change.Number) || entry?.Version >= change.Version)
        {
            return;
        }

        if (change.Remove)
        {
            Bury(change.Number);
        }
        else if (entry is null && (change.Name is null || Index.Find(change.Name.Value) is not null))
        {
            var first = change.Block?.Ref.FirstSequence ?? change.Head.Tail;
            Losses.Add(new SalvageLoss($"stream number {change.Number}", first, change.Head.Tail, "its name is lost"));
        }
        else if (entry is { Blocks: { Count: > 0 } blocks } && change.Block?.Ref.FirstSequence < blocks.Items[^1].EndSequence)
        {
            Losses.Add(new SalvageLoss(
                entry.Name.Value, change.Block.Value.Ref.FirstSequence, change.Head.Tail, "overlaps earlier events"));
        }
        else
        {
            FollowHistory(change, entry);
            Index.Apply(change);
        }
    }

    /// <summary>Where the commit that began a history is lost, the first block of that history still tells its number.</summary>
    private static void FollowHistory(CommitChange change, StreamEntry? entry)
    {
        if (change is { Incarnations: null, Block: { } block }
            && entry?.Incarnations.Latest is { } latest
            && block.Incarnation > latest.Incarnation
            && block.Ref.FirstSequence >= latest.FirstSequence)
        {
            entry.Incarnations = entry.Incarnations.Add(block.Incarnation, block.Ref.FirstSequence);
        }
    }

    private void Bury(long number)
    {
        _buried.Add(number);
        Index.Forget(number);
    }
}
