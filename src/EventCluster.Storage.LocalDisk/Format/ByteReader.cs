using System.Buffers.Binary;
using System.Text;

namespace EventCluster.Storage.LocalDisk.Format;

/// <summary>Reads what <see cref="ByteWriter"/> wrote. Reading past the end throws <see cref="InvalidDataException"/>.</summary>
internal ref struct ByteReader(ReadOnlySpan<byte> bytes)
{
    private readonly ReadOnlySpan<byte> _bytes = bytes;

    public int Position { get; private set; }

    public readonly int Remaining => _bytes.Length - Position;

    public ReadOnlySpan<byte> Bytes(int count)
    {
        if ((uint)count > (uint)Remaining)
        {
            throw new InvalidDataException("A field reaches over the end of its record.");
        }

        var span = _bytes.Slice(Position, count);
        Position += count;
        return span;
    }

    public byte U8() => Bytes(1)[0];

    public int U16() => BinaryPrimitives.ReadUInt16LittleEndian(Bytes(2));

    public uint U32() => BinaryPrimitives.ReadUInt32LittleEndian(Bytes(4));

    /// <summary>A count of things that take at least <paramref name="leastBytes"/> each, so that a wild one never allocates.</summary>
    public int Count(int leastBytes)
    {
        var count = U32();
        return count <= (uint)Remaining / (uint)leastBytes
            ? (int)count
            : throw new InvalidDataException("A count is larger than its record.");
    }

    public long I64() => BinaryPrimitives.ReadInt64LittleEndian(Bytes(8));

    public ulong U64() => BinaryPrimitives.ReadUInt64LittleEndian(Bytes(8));

    public UInt128 U128() => BinaryPrimitives.ReadUInt128LittleEndian(Bytes(16));

    public string Text() => Encoding.UTF8.GetString(Bytes(U16()));

    public ulong VarInt()
    {
        ulong value = 0;
        for (var shift = 0; shift < 64; shift += 7)
        {
            var b = U8();
            value |= (ulong)(b & 0x7F) << shift;
            if (b < 0x80)
            {
                return value;
            }
        }

        throw new InvalidDataException("A variable-length number does not end.");
    }
}
