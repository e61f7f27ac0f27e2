using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.InteropServices;

namespace EventCluster.Storage.AzureTables.Entities;

/// <summary>CRC32C of a block, stored beside it: what was put together from several entities must be what was taken apart.</summary>
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
