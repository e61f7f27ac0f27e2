using System.Buffers.Binary;

namespace EventCluster.Storage.LocalDisk.Format;

/// <summary>
/// The first 64 bytes of a segment that was made ahead, little-endian: magic <c>"ECSP"</c> (4), checksum of the rest
/// (u32), layout version (u32), segment (u32), store id (u128), zeros (32). The segment's header takes its place in the first
/// write. A sector is written as a whole, so a file that still has the mark holds nothing that was ever flushed.
/// </summary>
internal static class SpareMark
{
    public const int Bytes = SegmentHeader.Bytes;

    private const uint Magic = 0x5053_4345;
    private const uint LayoutVersion = 1;

    public static byte[] Make(UInt128 storeId, uint segment)
    {
        var bytes = new byte[Bytes];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, Magic);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(8), LayoutVersion);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(12), segment);
        BinaryPrimitives.WriteUInt128LittleEndian(bytes.AsSpan(16), storeId);
        var crc = Checksum.Compute(Checksum.SegmentSeed(storeId, segment), bytes.AsSpan(8));
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(4), crc);
        return bytes;
    }

    /// <summary>True if a file of this segment number begins with its mark.</summary>
    public static bool IsAt(ReadOnlySpan<byte> bytes, UInt128 storeId, uint segment) =>
        bytes.Length >= Bytes && bytes[..Bytes].SequenceEqual(Make(storeId, segment));
}
