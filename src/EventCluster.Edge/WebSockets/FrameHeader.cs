using System.Buffers;
using System.Buffers.Binary;
using System.Runtime.InteropServices;
using EventCluster.Edge.Messages;

namespace EventCluster.Edge.WebSockets;

/// <summary>The header of a client's frame and how much of its payload is still to come (RFC 6455 5.2).</summary>
/// <param name="Opcode">One of <see cref="WebSocketFrame"/>.</param>
/// <param name="IsFinal">No continuation follows.</param>
/// <param name="Mask">The masking key, rotated to the next payload byte; the first byte is the lowest.</param>
/// <param name="Remaining">Payload bytes still to come.</param>
internal readonly record struct FrameHeader(int Opcode, bool IsFinal, uint Mask, long Remaining)
{
    private const int MaxBytes = 14;
    private const byte Final = 0x80;
    private const byte Reserved = 0x70;
    private const byte Masked = 0x80;

    public bool IsControl => Opcode >= WebSocketFrame.Close;

    /// <summary>Takes a header off the buffer. False when more bytes are needed; a fault makes the header meaningless.</summary>
    public static bool TryRead(ref ReadOnlySequence<byte> buffer, out FrameHeader header, out SocketInput? fault)
    {
        Span<byte> bytes = stackalloc byte[MaxBytes];
        var available = (int)Math.Min(MaxBytes, buffer.Length);
        buffer.Slice(0, available).CopyTo(bytes);
        header = default;
        fault = available < 2 ? null : Check(bytes);
        if (fault is not null)
        {
            return true;
        }

        var size = available < 2 ? 2 : (bytes[1] & 0x7f) switch { 126 => 8, 127 => 14, _ => 6 };
        if (available < size)
        {
            return false;
        }

        var length = size switch
        {
            8 => BinaryPrimitives.ReadUInt16BigEndian(bytes[2..]),
            14 => BinaryPrimitives.ReadInt64BigEndian(bytes[2..]),
            _ => bytes[1] & 0x7f,
        };
        if (length < 0 || (size == 8 && length < 126) || (size == 14 && length <= ushort.MaxValue))
        {
            fault = SocketInput.Violates(CloseCode.Protocol, "A frame's length is not written in its shortest form.");
        }

        var mask = BinaryPrimitives.ReadUInt32LittleEndian(bytes[(size - 4)..]);
        header = new FrameHeader(bytes[0] & 0x0f, (bytes[0] & Final) != 0, mask, length);
        buffer = buffer.Slice(size);
        return true;
    }

    /// <summary>Unmasks the next payload bytes in place, and returns the header of what is still to come.</summary>
    public FrameHeader Unmask(Span<byte> payload)
    {
        var words = MemoryMarshal.Cast<byte, ulong>(payload);
        var wide = BitConverter.IsLittleEndian ? Mask | ((ulong)Mask << 32) : BinaryPrimitives.ReverseEndianness(Mask | ((ulong)Mask << 32));
        foreach (ref var word in words)
        {
            word ^= wide;
        }

        for (var i = words.Length * sizeof(ulong); i < payload.Length; i++)
        {
            payload[i] ^= (byte)(Mask >> (8 * (i & 3)));
        }

        var rotated = uint.RotateRight(Mask, 8 * (payload.Length & 3));
        return this with { Mask = rotated, Remaining = Remaining - payload.Length };
    }

    private static SocketInput? Check(ReadOnlySpan<byte> bytes)
    {
        var opcode = bytes[0] & 0x0f;
        if ((bytes[0] & Reserved) != 0)
        {
            return SocketInput.Violates(CloseCode.Protocol, "A frame uses an extension, but none was agreed on.");
        }

        if (opcode is > WebSocketFrame.Binary and < WebSocketFrame.Close or > WebSocketFrame.Pong)
        {
            return SocketInput.Violates(CloseCode.Protocol, $"No frame has the opcode {opcode}.");
        }

        if ((bytes[1] & Masked) == 0)
        {
            return SocketInput.Violates(CloseCode.Protocol, "Frames of clients are masked.");
        }

        return opcode >= WebSocketFrame.Close && ((bytes[0] & Final) == 0 || (bytes[1] & 0x7f) > WebSocketFrame.MaxControlBytes)
            ? SocketInput.Violates(CloseCode.Protocol, "A control frame is one frame of at most 125 bytes.")
            : null;
    }
}
