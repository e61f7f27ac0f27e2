using System.Buffers.Binary;
using System.Text;

namespace EventCluster.Edge.Tests.Server;

/// <summary>Frames of an HTTP/2 client that says what no library would (RFC 9113); header fields are literals of RFC 7541 without Huffman.</summary>
internal static class Http2Frames
{
    public const byte Data = 0;
    public const byte Headers = 1;
    public const byte Reset = 3;
    public const byte GoAway = 7;
    public const byte EndStream = 1;
    public const byte EndHeaders = 4;

    private const byte Settings = 4;
    private const ushort InitialWindowSize = 4;
    private const int LargestShortLength = 126;

    /// <summary>The preface, and how much each stream may send.</summary>
    public static byte[] Preface(int window = 65_535)
    {
        var setting = new byte[6];
        BinaryPrimitives.WriteUInt16BigEndian(setting, InitialWindowSize);
        BinaryPrimitives.WriteInt32BigEndian(setting.AsSpan(2), window);
        return [.. "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8, .. Frame(Settings, 0, 0, setting)];
    }

    public static byte[] Frame(byte type, byte flags, int stream, byte[] payload)
    {
        var head = new byte[9];
        BinaryPrimitives.WriteInt32BigEndian(head.AsSpan(5), stream);
        (head[0], head[1], head[2]) = ((byte)(payload.Length >> 16), (byte)(payload.Length >> 8), (byte)payload.Length);
        (head[3], head[4]) = (type, flags);
        return [.. head, .. payload];
    }

    /// <summary>The fields of a request, pseudo-header fields first.</summary>
    public static byte[] Request(string method, string path, params (string Name, string Value)[] fields) => Block(
        [(":method", method), (":scheme", "http"), (":authority", "localhost"), (":path", path), .. fields]);

    private static byte[] Block((string Name, string Value)[] fields) =>
        [.. fields.SelectMany(static field => (byte[])[0, .. Text(field.Name), .. Text(field.Value)])];

    private static byte[] Text(string text)
    {
        Assert.InRange(text.Length, 0, LargestShortLength);
        return [(byte)text.Length, .. Encoding.ASCII.GetBytes(text)];
    }
}
