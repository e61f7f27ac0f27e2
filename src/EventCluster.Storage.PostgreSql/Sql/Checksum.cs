using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.InteropServices;

namespace EventCluster.Storage.PostgreSql.Sql;

/// <summary>CRC32C of a block, stored beside it: a database without data checksums returns rotten pages silently.</summary>
internal static class Checksum
{
    public static int Compute(ReadOnlySpan<byte> bytes)
    {
        var crc = uint.MaxValue;
        var words = MemoryMarshal.Cast<byte, ulong>(bytes);
        foreach (var word in words)
        {
            crc = BitOperations.Crc32C(crc, BitConverter.IsLittleEndian ? word : BinaryPrimitives.ReverseEndianness(word));
        }

        foreach (var b in bytes[(words.Length * sizeof(ulong))..])
        {
            crc = BitOperations.Crc32C(crc, b);
        }

        return (int)~crc;
    }
}
