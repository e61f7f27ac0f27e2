using System.Buffers.Binary;
using System.Text;

namespace EventCluster.Storage.LocalDisk.Format;

/// <summary>A growing buffer of little-endian fields; reused from one group or chunk to the next.</summary>
internal sealed class ByteWriter(int capacity = 4096)
{
    private byte[] _bytes = GC.AllocateUninitializedArray<byte>(capacity);

    public int Length { get; private set; }

    public Span<byte> Written => _bytes.AsSpan(0, Length);

    public ReadOnlyMemory<byte> WrittenMemory => _bytes.AsMemory(0, Length);

    public void Clear() => Length = 0;

    public Span<byte> Reserve(int count)
    {
        if (_bytes.Length - Length < count)
        {
            Array.Resize(ref _bytes, (int)Math.Max((uint)_bytes.Length * 2, (uint)(Length + count)));
        }

        var span = _bytes.AsSpan(Length, count);
        Length += count;
        return span;
    }

    public void U8(byte value) => Reserve(1)[0] = value;

    public void U16(int value) => BinaryPrimitives.WriteUInt16LittleEndian(Reserve(2), checked((ushort)value));

    public void U32(uint value) => BinaryPrimitives.WriteUInt32LittleEndian(Reserve(4), value);

    public void I64(long value) => BinaryPrimitives.WriteInt64LittleEndian(Reserve(8), value);

    public void U64(ulong value) => BinaryPrimitives.WriteUInt64LittleEndian(Reserve(8), value);

    public void U128(UInt128 value) => BinaryPrimitives.WriteUInt128LittleEndian(Reserve(16), value);

    public void Bytes(ReadOnlySpan<byte> value) => value.CopyTo(Reserve(value.Length));

    /// <summary>A text with its length in bytes (u16) before it.</summary>
    public void Text(string value)
    {
        var count = Encoding.UTF8.GetByteCount(value);
        U16(count);
        Encoding.UTF8.GetBytes(value, Reserve(count));
    }

    /// <summary>Seven bits a byte, lowest first.</summary>
    public void VarInt(ulong value)
    {
        while (value >= 0x80)
        {
            U8((byte)(value | 0x80));
            value >>= 7;
        }

        U8((byte)value);
    }

    /// <summary>Zeros up to a multiple of 8 bytes behind a start, which itself may lie anywhere in this buffer.</summary>
    public void AlignFrom(int start) => Reserve((start - Length) & 7).Clear();
}
