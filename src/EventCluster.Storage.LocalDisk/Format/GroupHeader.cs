using System.Buffers.Binary;

namespace EventCluster.Storage.LocalDisk.Format;

/// <summary>
/// The 40 bytes before the records of one group write, little-endian: magic <c>"ECGR"</c> (4), checksum of the rest
/// (u32), segment (u32), kind (u32), group number (u64), journal position known flushed before this group (u64, segment
/// in the high half), bytes of the records (u32), number of records (u32).
/// </summary>
internal readonly record struct GroupHeader(
    uint Segment, GroupKind Kind, long Number, JournalPosition Flushed, int BodyBytes, int Records)
{
    public const int Bytes = 40;

    /// <summary>The first four bytes, for searching.</summary>
    public static ReadOnlySpan<byte> MagicBytes => "ECGR"u8;

    public void Write(Span<byte> bytes, uint seed)
    {
        MagicBytes.CopyTo(bytes);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[8..], Segment);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[12..], (uint)Kind);
        BinaryPrimitives.WriteInt64LittleEndian(bytes[16..], Number);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes[24..], Flushed.Packed);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[32..], (uint)BodyBytes);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[36..], (uint)Records);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[4..], Checksum.Compute(seed, bytes[8..Bytes]));
    }

    /// <summary>The header, or null if the bytes are not one of this segment.</summary>
    public static GroupHeader? TryRead(ReadOnlySpan<byte> bytes, uint seed, uint segment)
    {
        if (bytes.Length < Bytes
            || !bytes.StartsWith(MagicBytes)
            || BinaryPrimitives.ReadUInt32LittleEndian(bytes[8..]) != segment
            || BinaryPrimitives.ReadUInt32LittleEndian(bytes[4..]) != Checksum.Compute(seed, bytes[8..Bytes]))
        {
            return null;
        }

        return new GroupHeader(
            segment,
            (GroupKind)BinaryPrimitives.ReadUInt32LittleEndian(bytes[12..]),
            BinaryPrimitives.ReadInt64LittleEndian(bytes[16..]),
            JournalPosition.FromPacked(BinaryPrimitives.ReadUInt64LittleEndian(bytes[24..])),
            BinaryPrimitives.ReadInt32LittleEndian(bytes[32..]),
            BinaryPrimitives.ReadInt32LittleEndian(bytes[36..]));
    }
}
