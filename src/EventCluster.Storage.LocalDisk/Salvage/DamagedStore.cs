using System.Buffers.Binary;
using EventCluster.Abstractions.Store;
using EventCluster.Protocol;
using EventCluster.Storage.LocalDisk.Checkpoints;
using EventCluster.Storage.LocalDisk.Format;
using EventCluster.Storage.LocalDisk.Index;
using EventCluster.Storage.LocalDisk.Journal;
using EventCluster.Storage.LocalDisk.Recovery;

namespace EventCluster.Storage.LocalDisk.Salvage;

/// <summary>Reads as much as possible of a data directory without writing to it.</summary>
internal sealed class DamagedStore(IDisk disk, string directory)
{
    private readonly Dictionary<uint, Segment> _segments = [];
    private readonly Dictionary<uint, JournalPosition> _ends = [];
    private readonly HashSet<long> _buried = [];

    public List<SalvageLoss> Losses { get; } = [];

    /// <summary>By stream number: sequences whose commits are missing in the journal.</summary>
    public Dictionary<long, List<SequenceRange>> Holes { get; } = [];

    public StreamIndex Index { get; private set; } = new();

    public async Task ReadAsync()
    {
        var names = await disk.ListAsync(directory);
        var ids = DataFormat.Segments(names);
        var storeId = (await ReadFormatAsync(names))?.StoreId ?? await StoreIdOfAsync(ids);
        var range = await ReadCheckpointAsync(names, storeId);
        await OpenSegmentsAsync(ids, storeId);
        foreach (var segment in _segments.Values.Where(segment => segment.Id >= range.From.Segment).OrderBy(s => s.Id))
        {
            await ReadSegmentAsync(segment, segment.Id == range.From.Segment ? (int)range.From.Offset : 0);
        }
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

    /// <summary>Without a format file: a segment's header has the id too.</summary>
    private async Task<UInt128> StoreIdOfAsync(uint[] ids)
    {
        var bytes = new byte[SegmentHeader.Bytes];
        foreach (var id in ids)
        {
            var file = await disk.OpenAsync($"{directory}/{DataFormat.SegmentFile(id)}", writable: false);
            await using (file)
            {
                var read = await file.ReadAsync(bytes, 0);
                var storeId = BinaryPrimitives.ReadUInt128LittleEndian(bytes.AsSpan(16));
                if (SegmentHeader.TryRead(bytes.AsSpan(0, read), storeId, id) is not null)
                {
                    return storeId;
                }
            }
        }

        throw new DataDirectoryUnusableException($"'{directory}' has no {DataFormat.FormatFile} and no readable segment.");
    }

    private async Task<CheckpointRange> ReadCheckpointAsync(IReadOnlyList<string> names, UInt128 storeId)
    {
        foreach (var number in DataFormat.Checkpoints(names).Reverse())
        {
            if (await CheckpointReader.TryReadAsync(disk, directory, storeId, number) is { } checkpoint)
            {
                Index = checkpoint.Index;
                return checkpoint.Range;
            }

            Losses.Add(new SalvageLoss(DataFormat.CheckpointFile(number), 0, 0, "the checkpoint is damaged"));
        }

        return CheckpointRange.None;
    }

    private async Task OpenSegmentsAsync(uint[] ids, UInt128 storeId)
    {
        var segments = new SegmentSet(disk, directory, storeId);
        var bytes = new byte[SegmentHeader.Bytes];
        foreach (var id in ids)
        {
            var segment = await segments.OpenAsync(id, writable: false);
            _segments.Add(id, segment);
            var read = await segment.File.ReadAsync(bytes, 0);
            if (SegmentHeader.TryRead(bytes.AsSpan(0, read), storeId, id) is { } header)
            {
                _ends[header.PreviousEnd.Segment] = header.PreviousEnd;
            }
        }
    }

    private async Task ReadSegmentAsync(Segment segment, int from)
    {
        // Behind the place where a later start cut it a segment has only what was never acknowledged, or was rewritten.
        var image = await SegmentImage.ReadAsync(segment);
        var end = _ends.TryGetValue(segment.Id, out var cut) ? cut.Offset : uint.MaxValue;
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
        TakeWithoutBlock);
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
            NoteHole(change, entry);
            Index.Apply(change);
        }
    }

    /// <summary>Its block is unreadable: what it moved the tail over is lost, everything else it says holds.</summary>
    private void TakeWithoutBlock(CommitChange change)
    {
        var from = Index.Find(change.Number)?.Head.Tail
            ?? change.Incarnations?.Latest.FirstSequence ?? change.Head.Tail;
        Take(change);
        if (Index.Find(change.Number)?.Version == change.Version && change.Head.Tail > from)
        {
            AddHole(change.Number, from, change.Head.Tail);
        }
    }

    private void NoteHole(CommitChange change, StreamEntry? entry)
    {
        if (entry is not null && change.Block is { } block && block.Ref.FirstSequence > entry.Head.Tail)
        {
            AddHole(change.Number, entry.Head.Tail, block.Ref.FirstSequence);
        }
    }

    private void AddHole(long number, long from, long to)
    {
        if (!Holes.TryGetValue(number, out var holes))
        {
            Holes[number] = holes = [];
        }

        holes.Add(new SequenceRange(from, to));
    }

    private void Bury(long number)
    {
        _buried.Add(number);
        Index.Forget(number);
    }
}
