using System.Buffers.Binary;

namespace EventCluster.Storage.LocalDisk.Format;

/// <summary>
/// Where the journal ends and which files the store has, recorded beside the journal, so that a lost end of the journal
/// cannot take its evidence along. It names only positions whose flush has returned and files whose names are flushed.
/// </summary>
/// <remarks>
/// A slot has 4,096 bytes, little-endian: magic <c>"ECER"</c> (4), checksum of the rest (u32), layout version (u32), 1 if
/// the start acknowledges before it flushes (u32), store id (u128), counter (u64), start number (u64), end (u64, segment in
/// the high half), number of the last group before the end (u64), smallest segment listed (u32), number of checkpoints (u32),
/// number of segments (u32), zeros (4), the checkpoints {number (u32), zeros (4), bytes (u64)}, the segments {number (u32),
/// bytes (u32)}, zeros.
/// </remarks>
/// <param name="StoreId">The store.</param>
/// <param name="Counter">Grows by one with each record; the larger one of the two slots counts.</param>
/// <param name="StartNumber">How many times the store was started; 0 in a folder that was never served.</param>
/// <param name="AcksUnflushed">The start that wrote it acknowledges before it flushes.</param>
/// <param name="End">Everything before it is on stable storage.</param>
/// <param name="Group">Number of the last group before the end.</param>
internal sealed record EndRecord(
    UInt128 StoreId, long Counter, long StartNumber, bool AcksUnflushed, JournalPosition End, long Group)
{
    public const int SlotBytes = 4096;

    /// <summary>Most checkpoints listed, the newest. A store keeps two.</summary>
    public const int MaxCheckpoints = 8;

    /// <summary>Most segments listed, the newest. The index of the checkpoint says what older ones must hold.</summary>
    public const int MaxSegments = (SlotBytes - HeaderBytes - (MaxCheckpoints * CheckpointBytes)) / SegmentBytes;

    private const uint Magic = 0x5245_4345;
    private const uint LayoutVersion = 1;
    private const int HeaderBytes = 80;
    private const int CheckpointBytes = 16;
    private const int SegmentBytes = 8;

    /// <summary>The first one of a folder that never served anything.</summary>
    public static EndRecord OfNewStore(UInt128 storeId) =>
        new(storeId, Counter: 1, StartNumber: 0, AcksUnflushed: false, JournalPosition.None, Group: 0);

    /// <summary>The checkpoints, ascending.</summary>
    public IReadOnlyList<ListedFile> Checkpoints { get; private init; } = [];

    /// <summary>The segments of the journal, ascending, without any that was made ahead.</summary>
    public IReadOnlyList<ListedFile> Segments { get; private init; } = [];

    /// <summary>Segments with smaller numbers may exist without being listed; 0 if all are listed.</summary>
    public uint FirstListed { get; private init; }

    /// <summary>The record with these files, as many as it has room for.</summary>
    public EndRecord With(IEnumerable<ListedFile> checkpoints, IEnumerable<ListedFile> segments)
    {
        ListedFile[] all = [.. segments.OrderBy(file => file.Number)];
        ListedFile[] newest = [.. all.TakeLast(MaxSegments)];
        return this with
        {
            Checkpoints = [.. checkpoints.OrderBy(file => file.Number).TakeLast(MaxCheckpoints)],
            Segments = newest,
            FirstListed = newest.Length < all.Length ? newest[0].Number : 0,
        };
    }

    public void Write(Span<byte> slot)
    {
        slot[..SlotBytes].Clear();
        BinaryPrimitives.WriteUInt32LittleEndian(slot, Magic);
        BinaryPrimitives.WriteUInt32LittleEndian(slot[8..], LayoutVersion);
        BinaryPrimitives.WriteUInt32LittleEndian(slot[12..], AcksUnflushed ? 1u : 0);
        BinaryPrimitives.WriteUInt128LittleEndian(slot[16..], StoreId);
        BinaryPrimitives.WriteInt64LittleEndian(slot[32..], Counter);
        BinaryPrimitives.WriteInt64LittleEndian(slot[40..], StartNumber);
        BinaryPrimitives.WriteUInt64LittleEndian(slot[48..], End.Packed);
        BinaryPrimitives.WriteInt64LittleEndian(slot[56..], Group);
        BinaryPrimitives.WriteUInt32LittleEndian(slot[64..], FirstListed);
        BinaryPrimitives.WriteUInt32LittleEndian(slot[68..], (uint)Checkpoints.Count);
        BinaryPrimitives.WriteUInt32LittleEndian(slot[72..], (uint)Segments.Count);
        var at = HeaderBytes;
        foreach (var (number, length) in Checkpoints)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(slot[at..], number);
            BinaryPrimitives.WriteInt64LittleEndian(slot[(at + 8)..], length);
            at += CheckpointBytes;
        }

        foreach (var (number, length) in Segments)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(slot[at..], number);
            BinaryPrimitives.WriteUInt32LittleEndian(slot[(at + 4)..], checked((uint)length));
            at += SegmentBytes;
        }

        BinaryPrimitives.WriteUInt32LittleEndian(slot[4..], CheckOf(slot, StoreId));
    }

    /// <summary>The record, or null if the bytes are not a whole one of this store.</summary>
    public static EndRecord? TryRead(ReadOnlySpan<byte> slot, UInt128 storeId)
    {
        if (slot.Length < SlotBytes
            || BinaryPrimitives.ReadUInt32LittleEndian(slot) != Magic
            || BinaryPrimitives.ReadUInt32LittleEndian(slot[8..]) != LayoutVersion
            || StoreIdOf(slot) != storeId
            || BinaryPrimitives.ReadUInt32LittleEndian(slot[4..]) != CheckOf(slot, storeId))
        {
            return null;
        }

        var checkpoints = BinaryPrimitives.ReadUInt32LittleEndian(slot[68..]);
        var segments = BinaryPrimitives.ReadUInt32LittleEndian(slot[72..]);
        return checkpoints <= MaxCheckpoints && segments <= MaxSegments
            ? ReadWhole(slot, (int)checkpoints, (int)segments)
            : null;
    }

    /// <summary>What a slot says the store is, before anything of it is checked.</summary>
    public static UInt128 StoreIdOf(ReadOnlySpan<byte> slot) => BinaryPrimitives.ReadUInt128LittleEndian(slot[16..]);

    private static EndRecord ReadWhole(ReadOnlySpan<byte> slot, int checkpoints, int segments)
    {
        var at = HeaderBytes;
        var listedCheckpoints = new ListedFile[checkpoints];
        foreach (ref var file in listedCheckpoints.AsSpan())
        {
            file = new ListedFile(
                BinaryPrimitives.ReadUInt32LittleEndian(slot[at..]), BinaryPrimitives.ReadInt64LittleEndian(slot[(at + 8)..]));
            at += CheckpointBytes;
        }

        var listedSegments = new ListedFile[segments];
        foreach (ref var file in listedSegments.AsSpan())
        {
            file = new ListedFile(
                BinaryPrimitives.ReadUInt32LittleEndian(slot[at..]), BinaryPrimitives.ReadUInt32LittleEndian(slot[(at + 4)..]));
            at += SegmentBytes;
        }

        return new EndRecord(
            StoreIdOf(slot),
            BinaryPrimitives.ReadInt64LittleEndian(slot[32..]),
            BinaryPrimitives.ReadInt64LittleEndian(slot[40..]),
            BinaryPrimitives.ReadUInt32LittleEndian(slot[12..]) == 1,
            JournalPosition.FromPacked(BinaryPrimitives.ReadUInt64LittleEndian(slot[48..])),
            BinaryPrimitives.ReadInt64LittleEndian(slot[56..]))
        {
            Checkpoints = listedCheckpoints,
            Segments = listedSegments,
            FirstListed = BinaryPrimitives.ReadUInt32LittleEndian(slot[64..]),
        };
    }

    /// <summary>Segment 0 does not exist, so no bytes of the journal pass for a record.</summary>
    private static uint CheckOf(ReadOnlySpan<byte> slot, UInt128 storeId) =>
        Checksum.Compute(Checksum.SegmentSeed(storeId, 0), slot[8..SlotBytes]);
}
