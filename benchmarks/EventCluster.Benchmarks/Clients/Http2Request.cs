using System.Buffers.Binary;
using System.Text;

namespace EventCluster.Benchmarks.Clients;

/// <summary>
/// The first bytes of an HTTP/2 connection: preface, windows as large as they can be, and one GET whose headers are plain
/// literals (RFC 7541, 6.2.2), which any decoder takes.
/// </summary>
public static class Http2Request
{
    private const byte EndStreamAndHeaders = 0x5;
    private const int LargestWindow = int.MaxValue;
    private const int DefaultWindow = 65_535;

    /// <summary>The whole connection start.</summary>
    public static byte[] Get(string scheme, string authority, string path, IEnumerable<(string Name, string Value)> headers)
    {
        var block = new MemoryStream();
        foreach (var (name, value) in (IEnumerable<(string, string)>)
            [(":method", "GET"), (":scheme", scheme), (":authority", authority), (":path", path), .. headers])
        {
            block.WriteByte(0);
            WriteText(block, name);
            WriteText(block, value);
        }

        Span<byte> window = stackalloc byte[6];
        BinaryPrimitives.WriteUInt16BigEndian(window, 4);
        BinaryPrimitives.WriteInt32BigEndian(window[2..], LargestWindow);
        var more = new byte[4];
        BinaryPrimitives.WriteInt32BigEndian(more, LargestWindow - DefaultWindow);
        return
        [
            .. "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8,
            .. Frame(Http2Frame.Settings, 0, 0, window),
            .. Frame(Http2Frame.WindowUpdate, 0, 0, more),
            .. Frame(Http2Frame.Headers, EndStreamAndHeaders, 1, block.ToArray()),
        ];
    }

    /// <summary>One frame.</summary>
    public static byte[] Frame(Http2Frame type, byte flags, int stream, ReadOnlySpan<byte> payload)
    {
        var frame = new byte[Http2Body.HeaderBytes + payload.Length];
        BinaryPrimitives.WriteInt32BigEndian(frame, payload.Length << 8);
        (frame[3], frame[4]) = ((byte)type, flags);
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(5), stream);
        payload.CopyTo(frame.AsSpan(Http2Body.HeaderBytes));
        return frame;
    }

    private static void WriteText(MemoryStream block, string text)
    {
        // The length as an integer with a prefix of 7 bits (RFC 7541, 5.1).
        var (length, limit) = (text.Length, 127);
        block.WriteByte((byte)Math.Min(length, limit));
        for (length -= limit; length >= 0; length >>= 7)
        {
            block.WriteByte((byte)(length > 127 ? (length & 127) | 128 : length));
            if (length <= 127)
            {
                break;
            }
        }

        block.Write(Encoding.ASCII.GetBytes(text));
    }
}
