using System.Buffers.Binary;

namespace EventCluster.Benchmarks.Clients;

/// <summary>Frames that a WebSocket client sends: text, masked with zeros, which leaves the bytes as they are.</summary>
public static class ClientFrame
{
    /// <summary>One text message.</summary>
    public static byte[] Text(ReadOnlySpan<byte> message)
    {
        const byte FinalText = 0x81;
        const byte Masked = 0x80;
        Span<byte> size = stackalloc byte[2];
        BinaryPrimitives.WriteUInt16BigEndian(size, (ushort)message.Length);
        return message.Length < 126
            ? [FinalText, (byte)(Masked | message.Length), 0, 0, 0, 0, .. message]
            : [FinalText, Masked | 126, .. size, 0, 0, 0, 0, .. message];
    }
}
