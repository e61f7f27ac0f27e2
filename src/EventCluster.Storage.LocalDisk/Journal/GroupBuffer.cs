using EventCluster.Storage.LocalDisk.Format;

namespace EventCluster.Storage.LocalDisk.Journal;

/// <summary>Encodes one group: small parts into one reused buffer, large blocks by reference.</summary>
internal sealed class GroupBuffer
{
    // Below this a copy is cheaper than one more buffer of the vectored write.
    private const int LargeBlockBytes = 16 * 1024;

    private readonly ByteWriter _bytes = new(64 * 1024);
    private readonly List<(int At, ReadOnlyMemory<byte> Block)> _large = [];
    private Segment _segment = null!;
    private long _largeBytes;
    private uint _start;
    private int _headerAt;
    private int _records;

    /// <summary>Bytes of the whole write so far.</summary>
    public long Length => _bytes.Length + _largeBytes;

    public int Records => _records;

    /// <summary>Starts a group at a segment's end; a segment without a header gets its header in the same write.</summary>
    public void Begin(Segment segment, SegmentHeader? segmentHeader, uint start)
    {
        _bytes.Clear();
        _large.Clear();
        (_segment, _largeBytes, _records, _start) = (segment, 0, 0, start);
        segmentHeader?.Write(_bytes.Reserve(SegmentHeader.Bytes));
        _headerAt = _bytes.Length;
        _bytes.Reserve(GroupHeader.Bytes);
    }

    /// <summary>Adds a commit and notes where its parts lie.</summary>
    public void Add(CommitChange change, ReadOnlyMemory<byte> block)
    {
        change.Position = Here;
        RecordCodec.WriteCommit(_bytes, change, block.Length, _segment.Seed);
        if (change.Block is { } placed)
        {
            change.Block = placed with { Ref = placed.Ref.MovedTo(AddBlock(change.Number, block)) };
        }

        _records++;
    }

    /// <summary>Adds a moved block.</summary>
    /// <returns>Where it lies now.</returns>
    public JournalPosition AddMoved(long number, JournalPosition old, ReadOnlyMemory<byte> block)
    {
        RecordCodec.WriteMoved(_bytes, number, old, block.Length, _segment.Seed);
        _records++;
        return AddBlock(number, block);
    }

    /// <summary>Adds a delete copied forward.</summary>
    /// <returns>The segment that has it now.</returns>
    public uint AddTombstone(long number, uint oldestSegment)
    {
        RecordCodec.WriteTombstone(_bytes, number, oldestSegment, _segment.Seed);
        _records++;
        return _segment.Id;
    }

    /// <summary>Ends the group: one vectored write.</summary>
    public IReadOnlyList<ReadOnlyMemory<byte>> Finish(GroupKind kind, long number, JournalPosition flushed)
    {
        var body = checked((int)(Length - _headerAt - GroupHeader.Bytes));
        new GroupHeader(_segment.Id, kind, number, flushed, body, _records)
            .Write(_bytes.Written.Slice(_headerAt, GroupHeader.Bytes), _segment.Seed);
        if (_large.Count == 0)
        {
            return [_bytes.WrittenMemory];
        }

        var buffers = new List<ReadOnlyMemory<byte>>((_large.Count * 2) + 1);
        var from = 0;
        foreach (var (at, block) in _large)
        {
            buffers.Add(_bytes.WrittenMemory[from..at]);
            buffers.Add(block);
            from = at;
        }

        if (from < _bytes.Length)
        {
            buffers.Add(_bytes.WrittenMemory[from..]);
        }

        return buffers;
    }

    private JournalPosition Here => new(_segment.Id, checked((uint)(_start + Length)));

    private JournalPosition AddBlock(long number, ReadOnlyMemory<byte> block)
    {
        var location = Here;
        RecordCodec.WriteBlockPrefix(_bytes.Reserve(RecordCodec.BlockPrefixBytes), number, block.Span, _segment.Seed);
        if (block.Length < LargeBlockBytes)
        {
            _bytes.Bytes(block.Span);
        }
        else
        {
            _large.Add((_bytes.Length, block));
            _largeBytes += block.Length;
        }

        _bytes.Reserve(RecordCodec.Align(block.Length) - block.Length).Clear();
        return location;
    }
}
