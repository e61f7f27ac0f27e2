using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.InteropServices;

namespace EventCluster.Storage.LocalDisk.Format;

/// <summary>CRC32C (Castagnoli), in hardware where there is one.</summary>
internal static class Checksum
{
    public static uint Compute(uint seed, ReadOnlySpan<byte> bytes)
    {
        var crc = ~seed;
        var words = MemoryMarshal.Cast<byte, ulong>(bytes);
        foreach (var word in words)
        {
            crc = BitOperations.Crc32C(crc, BitConverter.IsLittleEndian ? word : BinaryPrimitives.ReverseEndianness(word));
        }

        foreach (var b in bytes[(words.Length * sizeof(ulong))..])
        {
            crc = BitOperations.Crc32C(crc, b);
        }

        return ~crc;
    }

    /// <summary>
    /// The seed of everything in one segment. Bytes of another segment or store never validate, and neither do bytes
    /// that a publisher forges, because the store id is not published.
    /// </summary>
    public static uint SegmentSeed(UInt128 storeId, uint segment)
    {
        Span<byte> bytes = stackalloc byte[20];
        BinaryPrimitives.WriteUInt128LittleEndian(bytes, storeId);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[16..], segment);
        return Compute(0, bytes);
    }
}
