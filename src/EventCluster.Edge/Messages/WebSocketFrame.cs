using System.Buffers.Binary;
using System.Text;

namespace EventCluster.Edge.Messages;

/// <summary>Frames as a server writes them: unmasked, and fragments of large messages only (RFC 6455 5.2).</summary>
internal static class WebSocketFrame
{
    public const int Continuation = 0;
    public const int Text = 1;
    public const int Binary = 2;
    public const int Close = 8;
    public const int Ping = 9;
    public const int Pong = 10;

    /// <summary>Longest header of an unmasked frame.</summary>
    public const int MaxHeaderBytes = 10;

    /// <summary>Longest payload of a control frame.</summary>
    public const int MaxControlBytes = 125;

    /// <summary>Longest reason of a close frame: what a control frame holds after the code.</summary>
    public const int MaxReasonBytes = MaxControlBytes - sizeof(ushort);

    private const byte Final = 0x80;

    /// <summary>Bytes of the header before a payload of this length.</summary>
    public static int HeaderBytes(int payloadBytes) => payloadBytes switch
    {
        <= MaxControlBytes => 2,
        <= ushort.MaxValue => 4,
        _ => MaxHeaderBytes,
    };

    /// <summary>Writes the header; needs <see cref="HeaderBytes"/>.</summary>
    public static void WriteHeader(Span<byte> destination, int opcode, int payloadBytes, bool isFinal = true)
    {
        destination[0] = (byte)((isFinal ? Final : 0) | opcode);
        switch (HeaderBytes(payloadBytes))
        {
            case 2:
                destination[1] = (byte)payloadBytes;
                break;
            case 4:
                destination[1] = 126;
                BinaryPrimitives.WriteUInt16BigEndian(destination[2..], (ushort)payloadBytes);
                break;
            default:
                destination[1] = 127;
                BinaryPrimitives.WriteUInt64BigEndian(destination[2..], (ulong)payloadBytes);
                break;
        }
    }

    /// <summary>Writes a control frame and returns its size; needs <see cref="MaxControlBytes"/> + 2.</summary>
    public static int WriteControl(Span<byte> destination, int opcode, ReadOnlySpan<byte> payload)
    {
        WriteHeader(destination, opcode, payload.Length);
        payload.CopyTo(destination[2..]);
        return payload.Length + 2;
    }

    /// <summary>Writes a close frame and returns its size; a reason that is too long is cut between characters.</summary>
    public static int WriteClose(Span<byte> destination, CloseCode code, string reason)
    {
        var text = destination.Slice(4, MaxReasonBytes);
        Encoding.UTF8.GetEncoder().Convert(reason, text, flush: true, out _, out var used, out _);
        WriteHeader(destination, Close, sizeof(ushort) + used);
        BinaryPrimitives.WriteUInt16BigEndian(destination[2..], (ushort)code);
        return 4 + used;
    }
}
