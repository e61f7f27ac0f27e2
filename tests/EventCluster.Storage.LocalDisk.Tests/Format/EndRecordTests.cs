using EventCluster.Storage.LocalDisk.Format;
using Xunit;

namespace EventCluster.Storage.LocalDisk.Tests.Format;

/// <summary>The bytes of the end record and of the mark of a spare are frozen: a change here needs a new format version.</summary>
public sealed class EndRecordTests
{
    private static EndRecord Record => new EndRecord(42, 9, 3, true, new JournalPosition(7, 4096), 12)
        .With([new ListedFile(2, 0x1_0000_0002), new ListedFile(1, 5)], [new ListedFile(7, 4096), new ListedFile(6, 100)]);

    [Fact]
    public void EndRecord_Bytes_AreFrozen()
    {
        var bytes = new byte[EndRecord.SlotBytes];
        Record.Write(bytes);

        Assert.Equal(
            """
            45434552  magic ECER
            7a03bd88  checksum of the rest
            01000000  layout version
            01000000  1 if the start acknowledges before it flushes
            2a000000000000000000000000000000  store id
            0900000000000000  counter
            0300000000000000  start number
            00100000  end: offset
            07000000  end: segment
            0c00000000000000  number of the last group before the end
            00000000  smallest segment listed
            02000000  checkpoints
            02000000  segments
            00000000  zeros
            0100000000000000  checkpoint 1
            0500000000000000  its bytes
            0200000000000000  checkpoint 2
            0200000001000000  its bytes
            06000000  segment 6
            64000000  its bytes
            07000000  segment 7
            00100000  its bytes
            """,
            HexLines.Describe(
                bytes.AsSpan(0, 80 + 32 + 16),
                (4, "magic ECER"),
                (4, "checksum of the rest"),
                (4, "layout version"),
                (4, "1 if the start acknowledges before it flushes"),
                (16, "store id"),
                (8, "counter"),
                (8, "start number"),
                (4, "end: offset"),
                (4, "end: segment"),
                (8, "number of the last group before the end"),
                (4, "smallest segment listed"),
                (4, "checkpoints"),
                (4, "segments"),
                (4, "zeros"),
                (8, "checkpoint 1"),
                (8, "its bytes"),
                (8, "checkpoint 2"),
                (8, "its bytes"),
                (4, "segment 6"),
                (4, "its bytes"),
                (4, "segment 7"),
                (4, "its bytes")));
        Assert.Equal(-1, bytes.AsSpan(128).IndexOfAnyExcept((byte)0));
        var read = EndRecord.TryRead(bytes, 42)!;
        Assert.Equal(Record.Checkpoints, read.Checkpoints);
        Assert.Equal(Record.Segments, read.Segments);
        Assert.Equal((9, 3L, true, new JournalPosition(7, 4096), 12L), (read.Counter, read.StartNumber, read.AcksUnflushed, read.End, read.Group));
        Assert.Null(EndRecord.TryRead(bytes, 43));
    }

    [Fact]
    public void EndRecord_AnyBitFlipped_IsNotRead()
    {
        var bytes = new byte[EndRecord.SlotBytes];
        Record.Write(bytes);
        for (var bit = 0; bit < bytes.Length * 8; bit++)
        {
            bytes[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.Null(EndRecord.TryRead(bytes, 42));
            bytes[bit / 8] ^= (byte)(1 << (bit % 8));
        }
    }

    [Fact]
    public void EndRecord_MoreFilesThanRoom_ListsTheNewestAndSaysFromWhereOn()
    {
        var bytes = new byte[EndRecord.SlotBytes];
        var all = Enumerable.Range(1, EndRecord.MaxSegments + 5).Select(i => new ListedFile((uint)i, 64)).ToArray();
        Record.With(all.Take(EndRecord.MaxCheckpoints + 1), all).Write(bytes);

        var read = EndRecord.TryRead(bytes, 42)!;

        Assert.Equal(all[5..], read.Segments);
        Assert.Equal(6u, read.FirstListed);
        Assert.Equal(EndRecord.MaxCheckpoints, read.Checkpoints.Count);
        Assert.Equal(2u, read.Checkpoints[0].Number);
    }

    [Fact]
    public void SpareMark_Bytes_AreFrozen()
    {
        var bytes = SpareMark.Make(42, 7);

        Assert.Equal(
            """
            45435350  magic ECSP
            0d24df0b  checksum of the rest
            01000000  layout version
            07000000  segment
            2a000000000000000000000000000000  store id
            0000000000000000000000000000000000000000000000000000000000000000  zeros
            """,
            HexLines.Describe(
                bytes,
                (4, "magic ECSP"),
                (4, "checksum of the rest"),
                (4, "layout version"),
                (4, "segment"),
                (16, "store id"),
                (32, "zeros")));
        Assert.True(SpareMark.IsAt(bytes, 42, 7));
        Assert.False(SpareMark.IsAt(bytes, 42, 8));
        Assert.False(SpareMark.IsAt(bytes, 43, 7));
    }
}
