using EventCluster.Abstractions;
using EventCluster.Abstractions.Store;
using EventCluster.Storage.LocalDisk.Format;
using EventCluster.TestKit;
using Xunit;

namespace EventCluster.Storage.LocalDisk.Tests.Format;

/// <summary>The bytes of data format 1 are frozen: a change here needs a new format version, never a new expectation.</summary>
public sealed class RecordFormatTests
{
    private const uint Seed = 0x1234_5678;

    [Fact]
    public void Checksum_KnownText_IsCrc32C() =>
        Assert.Equal(0xE306_9283u, Checksum.Compute(0, "123456789"u8));

    [Fact]
    public void SegmentHeader_Bytes_AreFrozen()
    {
        var bytes = new byte[SegmentHeader.Bytes];
        new SegmentHeader(7, 42, new JournalPosition(6, 4096), 3, true).Write(bytes);

        Assert.Equal(
            """
            45435347  magic ECSG
            3cf15563  checksum of the rest
            01000000  format version
            07000000  segment
            2a000000000000000000000000000000  store id
            00100000  journal ended before this segment: offset
            06000000  journal ended before this segment: segment
            0300000000000000  number of the start that wrote it
            01000000  1 if that start acknowledges before it flushes
            000000000000000000000000  zeros
            """,
            HexLines.Describe(
                bytes,
                (4, "magic ECSG"),
                (4, "checksum of the rest"),
                (4, "format version"),
                (4, "segment"),
                (16, "store id"),
                (4, "journal ended before this segment: offset"),
                (4, "journal ended before this segment: segment"),
                (8, "number of the start that wrote it"),
                (4, "1 if that start acknowledges before it flushes"),
                (12, "zeros")));
        Assert.Equal(new SegmentHeader(7, 42, new JournalPosition(6, 4096), 3, true), SegmentHeader.TryRead(bytes, 42, 7));
        Assert.Null(SegmentHeader.TryRead(bytes, 42, 8));
        Assert.Null(SegmentHeader.TryRead(bytes, 43, 7));
    }

    [Fact]
    public void GroupHeader_Bytes_AreFrozen()
    {
        var header = new GroupHeader(7, GroupKind.CleanStop, 9, new JournalPosition(7, 64), 128, 2);
        var bytes = new byte[GroupHeader.Bytes];
        header.Write(bytes, Seed);

        Assert.Equal(
            """
            45434752  magic ECGR
            3764b25e  checksum of the rest
            07000000  segment
            02000000  kind: 0 records, 1 seal, 2 clean stop
            0900000000000000  group number
            40000000  flushed before this group: offset
            07000000  flushed before this group: segment
            80000000  bytes of the records
            02000000  number of records
            """,
            HexLines.Describe(
                bytes,
                (4, "magic ECGR"),
                (4, "checksum of the rest"),
                (4, "segment"),
                (4, "kind: 0 records, 1 seal, 2 clean stop"),
                (8, "group number"),
                (4, "flushed before this group: offset"),
                (4, "flushed before this group: segment"),
                (4, "bytes of the records"),
                (4, "number of records")));
        Assert.Equal(header, GroupHeader.TryRead(bytes, Seed, 7));
        Assert.Null(GroupHeader.TryRead(bytes, Seed + 1, 7));
    }

    [Fact]
    public void Commit_WithEverything_BytesAreFrozen()
    {
        var writer = new ByteWriter();
        RecordCodec.WriteCommit(writer, Everything(), 0, Seed);

        Assert.Equal(
            """
            1341a832  checksum of the rest
            c0000000  bytes of the descriptive part
            00000000  bytes of the block, 0 for none
            01  kind: 1 commit, 2 moved, 3 tombstone
            7f  sections: 1 name, 2 incarnations, 4 state, 8 producers, 16 removed producers, 32 purges, 64 remove
            0000  zeros
            0500000000000000  stream number
            0100000003000000  fence
            0100000000000000  version
            feffffffffffffffffffffffffffffff  commit id
            0a00000000000000  tail
            0200000000000000  earliest
            2c01000000000000  retained bytes
            00d66d799b010000  time of the last event
            ffffffffffffff7f  due at
            0300  bytes of the name
            612f62  name
            01000000  number of incarnations
            0600000000000000  incarnation
            0000000000000000  its first sequence
            02000000  bytes of the state
            aabb  state
            01000000  number of producers
            0100  bytes of the producer id
            70  producer id
            0100000000000000  epoch
            0200000000000000  sequence
            0300000000000000  last used
            01000000  number of removed producers
            0100  bytes of the producer id
            71  producer id
            01000000  number of purged ranges
            0000000000000000  from
            0200000000000000  to
            00000000000000  rest
            """,
            HexLines.Describe(
                writer.Written,
                (4, "checksum of the rest"),
                (4, "bytes of the descriptive part"),
                (4, "bytes of the block, 0 for none"),
                (1, "kind: 1 commit, 2 moved, 3 tombstone"),
                (1, "sections: 1 name, 2 incarnations, 4 state, 8 producers, 16 removed producers, 32 purges, 64 remove"),
                (2, "zeros"),
                (8, "stream number"),
                (8, "fence"),
                (8, "version"),
                (16, "commit id"),
                (8, "tail"),
                (8, "earliest"),
                (8, "retained bytes"),
                (8, "time of the last event"),
                (8, "due at"),
                (2, "bytes of the name"),
                (3, "name"),
                (4, "number of incarnations"),
                (8, "incarnation"),
                (8, "its first sequence"),
                (4, "bytes of the state"),
                (2, "state"),
                (4, "number of producers"),
                (2, "bytes of the producer id"),
                (1, "producer id"),
                (8, "epoch"),
                (8, "sequence"),
                (8, "last used"),
                (4, "number of removed producers"),
                (2, "bytes of the producer id"),
                (1, "producer id"),
                (4, "number of purged ranges"),
                (8, "from"),
                (8, "to")));
    }

    [Fact]
    public void Commit_WithEverything_ReadsBackEqual()
    {
        var writer = new ByteWriter();
        var change = Everything();
        RecordCodec.WriteCommit(writer, change, 0, Seed);

        var read = RecordCodec.ReadCommit(writer.Written);

        Assert.Equal(
            (change.Number, change.Name, change.Fence, change.Version, change.CommitId, change.Head, change.Remove),
            (read.Number, read.Name, read.Fence, read.Version, read.CommitId, read.Head, read.Remove));
        Assert.Equal(change.Incarnations, read.Incarnations);
        Assert.Equal(change.State!.Value.ToArray(), read.State!.Value.ToArray());
        Assert.Equal(change.Producers, read.Producers);
        Assert.Equal(change.RemovedProducers, read.RemovedProducers);
        Assert.Equal(change.Purges, read.Purges);
        Assert.True(RecordCodec.MeasureCommit(change) >= writer.Length);
    }

    [Fact]
    public void Commit_WithoutOptionalParts_ReadsBackWithNone()
    {
        var writer = new ByteWriter();
        RecordCodec.WriteCommit(
            writer, new CommitChange { Number = 1, Fence = 2, Version = 3, CommitId = 4, Head = default }, 0, Seed);

        var read = RecordCodec.ReadCommit(writer.Written);

        Assert.Null(read.Name);
        Assert.Null(read.Incarnations);
        Assert.Null(read.State);
        Assert.Empty(read.Producers);
        Assert.Empty(read.RemovedProducers);
        Assert.Empty(read.Purges);
        Assert.False(read.Remove);
    }

    [Fact]
    public void MovedAndTombstone_Bytes_AreFrozen()
    {
        var writer = new ByteWriter();
        RecordCodec.WriteMoved(writer, 5, new JournalPosition(2, 960), 55, Seed);
        RecordCodec.WriteTombstone(writer, 5, 2, Seed);

        Assert.Equal(
            """
            6bdcb1ba  checksum
            20000000  bytes of the descriptive part
            37000000  bytes of the block
            02000000  kind 2, no sections
            0500000000000000  stream number
            c0030000  old offset
            02000000  old segment
            d2762394  checksum
            20000000  bytes of the descriptive part
            00000000  no block
            03000000  kind 3, no sections
            0500000000000000  stream number
            0200000000000000  oldest segment with data
            """,
            HexLines.Describe(
                writer.Written,
                (4, "checksum"),
                (4, "bytes of the descriptive part"),
                (4, "bytes of the block"),
                (4, "kind 2, no sections"),
                (8, "stream number"),
                (4, "old offset"),
                (4, "old segment"),
                (4, "checksum"),
                (4, "bytes of the descriptive part"),
                (4, "no block"),
                (4, "kind 3, no sections"),
                (8, "stream number"),
                (8, "oldest segment with data")));
    }

    [Fact]
    public void StoredBlock_Bytes_AreFrozenAndProtected()
    {
        var block = TestData.Block(1, 0, "hi").Encoded;
        var stored = new byte[RecordCodec.BlockPrefixBytes + block.Length];
        block.CopyTo(stored.AsMemory(RecordCodec.BlockPrefixBytes));
        RecordCodec.WriteBlockPrefix(stored, 5, block.Span, Seed);

        Assert.Equal(
            """
            c86170a6  checksum
            05000000  low half of the stream number
            4542  EB
            """,
            HexLines.Describe(stored.AsSpan(0, 10), (4, "checksum"), (4, "low half of the stream number"), (2, "EB")));
        Assert.True(RecordCodec.IsBlockWhole(stored, 5, Seed));
        Assert.False(RecordCodec.IsBlockWhole(stored, 6, Seed));
        Assert.False(RecordCodec.IsBlockWhole(stored, 5, Seed + 1));
        for (var bit = 0; bit < stored.Length * 8; bit++)
        {
            stored[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.False(RecordCodec.IsBlockWhole(stored, 5, Seed), $"bit {bit}");
            stored[bit / 8] ^= (byte)(1 << (bit % 8));
        }
    }

    [Fact]
    public void Numbers_OnDisk_AreStable()
    {
        Assert.Equal([0, 1, 2], Enum.GetValues<GroupKind>().Select(kind => (int)kind));
        Assert.Equal([1, 2, 3], Enum.GetValues<RecordKind>().Select(kind => (int)kind));
        Assert.Equal([0, 1, 2, 4, 8, 16, 32, 64], Enum.GetValues<RecordSections>().Select(section => (int)section));
        Assert.Equal(2, DataFormat.Version);
        Assert.Equal("end.dat", DataFormat.EndFile);
        Assert.Equal("segment-0000000007.log", DataFormat.SegmentFile(7));
        Assert.Equal("checkpoint-0000000007.dat", DataFormat.CheckpointFile(7));
    }

    private static CommitChange Everything() => new()
    {
        Number = 5,
        Name = TestData.Name("a/b"),
        Fence = (3L << 32) + 1,
        Version = 1,
        CommitId = UInt128.MaxValue - 1,
        Head = new StreamHead(10, 2, 300, TestData.BaseTime, StreamHead.NeverDue),
        Incarnations = new IncarnationList(new IncarnationStart(6, 0)),
        State = new byte[] { 0xAA, 0xBB },
        Producers = [new ProducerEntry("p", 1, 2, 3)],
        RemovedProducers = ["q"],
        Purges = [new SequenceRange(0, 2)],
        Remove = true,
    };
}
