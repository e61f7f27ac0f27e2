using System.Buffers.Binary;

namespace EventCluster.Storage.LocalDisk.Format;

/// <summary>
/// The first 64 bytes of a segment, little-endian: magic <c>"ECSG"</c> (4), checksum of the rest (u32), format version
/// (u32), segment (u32), store id (u128), where the journal ended before this segment (u64, segment in the high half),
/// number of the start that wrote it (u64), 1 if that start acknowledges before it flushes (u32), zeros (12). A valid one declares everything before it flushed.
/// </summary>
internal readonly record struct SegmentHeader(uint Segment, UInt128 StoreId, JournalPosition PreviousEnd, long StartNumber, bool AcksUnflushed)
{
    public const int Bytes = 64;

    /// <summary>The layout of a segment did not change when data format 2 put an end record beside the journal.</summary>
    private const uint LayoutVersion = 1;

    private const uint Magic = 0x4753_4345;

    public void Write(Span<byte> bytes)
    {
        bytes[..Bytes].Clear();
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, Magic);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[8..], LayoutVersion);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[12..], Segment);
        BinaryPrimitives.WriteUInt128LittleEndian(bytes[16..], StoreId);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes[32..], PreviousEnd.Packed);
        BinaryPrimitives.WriteInt64LittleEndian(bytes[40..], StartNumber);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[48..], AcksUnflushed ? 1u : 0);
        var crc = Checksum.Compute(Checksum.SegmentSeed(StoreId, Segment), bytes[8..Bytes]);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[4..], crc);
    }

    /// <summary>The header, or null if the bytes are not one of this segment of this store.</summary>
    public static SegmentHeader? TryRead(ReadOnlySpan<byte> bytes, UInt128 storeId, uint segment)
    {
        if (bytes.Length < Bytes
            || BinaryPrimitives.ReadUInt32LittleEndian(bytes) != Magic
            || BinaryPrimitives.ReadUInt32LittleEndian(bytes[12..]) != segment
            || BinaryPrimitives.ReadUInt128LittleEndian(bytes[16..]) != storeId
            || BinaryPrimitives.ReadUInt32LittleEndian(bytes[4..])
                != Checksum.Compute(Checksum.SegmentSeed(storeId, segment), bytes[8..Bytes]))
        {
            return null;
        }

        return new SegmentHeader(
            segment,
            storeId,
            JournalPosition.FromPacked(BinaryPrimitives.ReadUInt64LittleEndian(bytes[32..])),
            BinaryPrimitives.ReadInt64LittleEndian(bytes[40..]),
            BinaryPrimitives.ReadUInt32LittleEndian(bytes[48..]) == 1);
    }
}
