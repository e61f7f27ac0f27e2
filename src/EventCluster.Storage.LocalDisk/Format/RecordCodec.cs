using System.Buffers.Binary;
using System.Text;
using EventCluster.Abstractions;
using EventCluster.Abstractions.Store;
using EventCluster.Protocol;

namespace EventCluster.Storage.LocalDisk.Format;

/// <summary>
/// The bytes of journal records, frozen by <c>RecordFormatTests</c>. Little-endian, each part padded to 8 bytes:
/// checksum (u32), bytes of the descriptive part (u32), bytes of the encoded block (u32, 0 for none), kind (u8),
/// sections (u8), zeros (2); the descriptive part; if there is a block its checksum (u32), the low half of the stream's
/// number (u32) and the block. Both checksums are seeded with the segment, and each covers all of its part behind itself.
/// </summary>
internal static class RecordCodec
{
    public const int HeaderBytes = 16;

    /// <summary>Checksum and stream number before a block.</summary>
    public const int BlockPrefixBytes = 8;

    private const int CommitFixedBytes = HeaderBytes + 8 + 8 + 8 + 16 + 40;

    public static int StoredBlockBytes(int encodedBytes) =>
        encodedBytes == 0 ? 0 : Align(BlockPrefixBytes + encodedBytes);

    /// <summary>Bytes of a commit's descriptive part, at most: what a group must have room for.</summary>
    public static long MeasureCommit(CommitChange change)
    {
        long bytes = CommitFixedBytes + 8;
        bytes += change.Name is { } name ? 2 + Encoding.UTF8.GetByteCount(name.Value) : 0;
        bytes += change.Incarnations is { } incarnations ? 4 + (incarnations.Count * 16L) : 0;
        bytes += change.State is { } state ? 4 + state.Length : 0;
        bytes += 4 + change.Producers.Sum(producer => 26L + Encoding.UTF8.GetByteCount(producer.Id));
        bytes += 4 + change.RemovedProducers.Sum(id => 2L + Encoding.UTF8.GetByteCount(id));
        return bytes + 4 + (change.Purges.Count * 16L);
    }

    /// <summary>Writes the descriptive part of a commit; the block, if any, must follow.</summary>
    public static void WriteCommit(ByteWriter writer, CommitChange change, int blockBytes, uint seed)
    {
        var start = writer.Length;
        var sections = SectionsOf(change);
        WriteHeader(writer, RecordKind.Commit, sections, blockBytes);
        writer.I64(change.Number);
        writer.I64(change.Fence);
        writer.I64(change.Version);
        writer.U128(change.CommitId);
        WriteHead(writer, change.Head);
        WriteSections(writer, change, sections);
        Finish(writer, start, seed);
    }

    /// <summary>Writes the descriptive part of a moved block: stream, and where the block was.</summary>
    public static void WriteMoved(ByteWriter writer, long number, JournalPosition old, int blockBytes, uint seed)
    {
        var start = writer.Length;
        WriteHeader(writer, RecordKind.Moved, RecordSections.None, blockBytes);
        writer.I64(number);
        writer.U64(old.Packed);
        Finish(writer, start, seed);
    }

    /// <summary>Writes a delete copied forward: stream, and the oldest segment with its data.</summary>
    public static void WriteTombstone(ByteWriter writer, long number, uint oldestSegment, uint seed)
    {
        var start = writer.Length;
        WriteHeader(writer, RecordKind.Tombstone, RecordSections.None, 0);
        writer.I64(number);
        writer.U64(oldestSegment);
        Finish(writer, start, seed);
    }

    /// <summary>Writes what stands before a block's bytes.</summary>
    public static void WriteBlockPrefix(Span<byte> prefix, long number, ReadOnlySpan<byte> block, uint seed)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(prefix[4..], (uint)number);
        var crc = Checksum.Compute(Checksum.Compute(seed, prefix[4..BlockPrefixBytes]), block);
        BinaryPrimitives.WriteUInt32LittleEndian(prefix, crc);
    }

    /// <summary>True if a stored block (prefix and bytes) is whole and belongs to this stream.</summary>
    public static bool IsBlockWhole(ReadOnlySpan<byte> stored, long number, uint seed)
    {
        var crc = Checksum.Compute(Checksum.Compute(seed, stored[4..BlockPrefixBytes]), stored[BlockPrefixBytes..]);
        return BinaryPrimitives.ReadUInt32LittleEndian(stored) == crc
            && BinaryPrimitives.ReadUInt32LittleEndian(stored[4..]) == (uint)number;
    }

    public static CommitChange ReadCommit(ReadOnlySpan<byte> meta)
    {
        var reader = new ByteReader(meta);
        reader.Bytes(HeaderBytes);
        var sections = (RecordSections)meta[13];
        var number = reader.I64();
        var fence = reader.I64();
        var version = reader.I64();
        var commitId = reader.U128();
        var head = ReadHead(ref reader);
        return new CommitChange
        {
            Number = number,
            Fence = fence,
            Version = version,
            CommitId = commitId,
            Head = head,
            Name = sections.HasFlag(RecordSections.Name) ? ReadName(ref reader) : null,
            Incarnations = sections.HasFlag(RecordSections.Incarnations) ? ReadIncarnations(ref reader) : null,
            // Typed on purpose: a null of byte[] would convert to empty state, which says "changed to nothing".
            State = sections.HasFlag(RecordSections.State) ? ReadState(ref reader) : default(ReadOnlyMemory<byte>?),
            Producers = sections.HasFlag(RecordSections.Producers) ? ReadProducers(ref reader) : [],
            RemovedProducers = sections.HasFlag(RecordSections.RemovedProducers) ? ReadRemoved(ref reader) : [],
            Purges = sections.HasFlag(RecordSections.Purges) ? ReadRanges(ref reader) : [],
            Remove = sections.HasFlag(RecordSections.Remove),
        };
    }

    /// <summary>The stream's number, with which every kind of record begins.</summary>
    public static long ReadNumber(ReadOnlySpan<byte> record) =>
        BinaryPrimitives.ReadInt64LittleEndian(record[HeaderBytes..]);

    /// <summary>True for a commit that removes its stream.</summary>
    public static bool IsRemoval(ReadOnlySpan<byte> record) =>
        record[12] == (byte)RecordKind.Commit && ((RecordSections)record[13]).HasFlag(RecordSections.Remove);

    /// <summary>Stream number and old location of a moved block.</summary>
    public static (long Number, JournalPosition Old) ReadMoved(ReadOnlySpan<byte> meta)
    {
        var reader = new ByteReader(meta);
        reader.Bytes(HeaderBytes);
        return (reader.I64(), JournalPosition.FromPacked(reader.U64()));
    }

    /// <summary>Stream number and oldest segment with data of a delete copied forward.</summary>
    public static (long Number, uint OldestSegment) ReadTombstone(ReadOnlySpan<byte> meta)
    {
        var reader = new ByteReader(meta);
        reader.Bytes(HeaderBytes);
        return (reader.I64(), (uint)reader.U64());
    }

    public static void WriteHead(ByteWriter writer, StreamHead head)
    {
        writer.I64(head.Tail);
        writer.I64(head.Earliest);
        writer.I64(head.RetainedBytes);
        writer.I64(head.LastEventMilliseconds);
        writer.I64(head.DueAtMilliseconds);
    }

    public static StreamHead ReadHead(ref ByteReader reader) =>
        new(reader.I64(), reader.I64(), reader.I64(), reader.I64(), reader.I64());

    public static StreamName ReadName(ref ByteReader reader) =>
        StreamName.TryParse(reader.Text(), out var name, out var error) ? name : throw new InvalidDataException(error);

    public static void WriteIncarnations(ByteWriter writer, IncarnationList list)
    {
        writer.U32((uint)list.Count);
        foreach (var start in list)
        {
            writer.I64(start.Incarnation);
            writer.I64(start.FirstSequence);
        }
    }

    public static IncarnationList ReadIncarnations(ref ByteReader reader)
    {
        var starts = new IncarnationStart[reader.Count(16)];
        for (var i = 0; i < starts.Length; i++)
        {
            starts[i] = new IncarnationStart(reader.I64(), reader.I64());
        }

        return new IncarnationList(starts);
    }

    public static void WriteState(ByteWriter writer, ReadOnlySpan<byte> state)
    {
        writer.U32((uint)state.Length);
        writer.Bytes(state);
    }

    public static byte[] ReadState(ref ByteReader reader) => reader.Bytes(reader.Count(1)).ToArray();

    public static void WriteProducers(ByteWriter writer, IReadOnlyCollection<ProducerEntry> producers)
    {
        writer.U32((uint)producers.Count);
        foreach (var producer in producers)
        {
            writer.Text(producer.Id);
            writer.I64(producer.Epoch);
            writer.I64(producer.Sequence);
            writer.I64(producer.LastUsedMilliseconds);
        }
    }

    public static ProducerEntry[] ReadProducers(ref ByteReader reader)
    {
        var producers = new ProducerEntry[reader.Count(26)];
        for (var i = 0; i < producers.Length; i++)
        {
            producers[i] = new ProducerEntry(reader.Text(), reader.I64(), reader.I64(), reader.I64());
        }

        return producers;
    }

    public static void WriteRanges(ByteWriter writer, IReadOnlyList<SequenceRange> ranges)
    {
        writer.U32((uint)ranges.Count);
        foreach (var range in ranges)
        {
            writer.I64(range.From);
            writer.I64(range.To);
        }
    }

    public static SequenceRange[] ReadRanges(ref ByteReader reader)
    {
        var ranges = new SequenceRange[reader.Count(16)];
        for (var i = 0; i < ranges.Length; i++)
        {
            ranges[i] = new SequenceRange(reader.I64(), reader.I64());
        }

        return ranges;
    }

    public static int Align(int bytes) => (bytes + 7) & ~7;

    private static RecordSections SectionsOf(CommitChange change) =>
        If(change.Name is not null, RecordSections.Name)
        | If(change.Incarnations is not null, RecordSections.Incarnations)
        | If(change.State is not null, RecordSections.State)
        | If(change.Producers.Count > 0, RecordSections.Producers)
        | If(change.RemovedProducers.Count > 0, RecordSections.RemovedProducers)
        | If(change.Purges.Count > 0, RecordSections.Purges)
        | If(change.Remove, RecordSections.Remove);

    private static RecordSections If(bool present, RecordSections section) => present ? section : RecordSections.None;

    private static void WriteSections(ByteWriter writer, CommitChange change, RecordSections sections)
    {
        if (change.Name is { } name)
        {
            writer.Text(name.Value);
        }

        if (change.Incarnations is { } incarnations)
        {
            WriteIncarnations(writer, incarnations);
        }

        if (change.State is { } state)
        {
            WriteState(writer, state.Span);
        }

        if (sections.HasFlag(RecordSections.Producers))
        {
            WriteProducers(writer, change.Producers);
        }

        if (sections.HasFlag(RecordSections.RemovedProducers))
        {
            writer.U32((uint)change.RemovedProducers.Count);
            foreach (var id in change.RemovedProducers)
            {
                writer.Text(id);
            }
        }

        if (sections.HasFlag(RecordSections.Purges))
        {
            WriteRanges(writer, change.Purges);
        }
    }

    private static string[] ReadRemoved(ref ByteReader reader)
    {
        var ids = new string[reader.Count(2)];
        for (var i = 0; i < ids.Length; i++)
        {
            ids[i] = reader.Text();
        }

        return ids;
    }

    private static void WriteHeader(ByteWriter writer, RecordKind kind, RecordSections sections, int blockBytes)
    {
        writer.U64(0);
        writer.U32((uint)blockBytes);
        writer.U8((byte)kind);
        writer.U8((byte)sections);
        writer.U16(0);
    }

    private static void Finish(ByteWriter writer, int start, uint seed)
    {
        writer.AlignFrom(start);
        var meta = writer.Written[start..];
        BinaryPrimitives.WriteUInt32LittleEndian(meta[4..], (uint)meta.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(meta, Checksum.Compute(seed, meta[4..]));
    }
}
