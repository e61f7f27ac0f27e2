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
    private const byte KeptLiteral = 0x40;
    private const byte Indexed = 0x80;
    private const byte FirstKept = 62;

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

    /// <summary>The fields of a request, each of which is kept in the table of the connection (RFC 7541 6.2.1).</summary>
    public static byte[] RequestToKeep(params (string Name, string Value)[] fields) =>
        [.. fields.SelectMany(static field => (byte[])[KeptLiteral, .. Text(field.Name), .. Text(field.Value)])];

    /// <summary>As many fields as were kept last, in their order, by nothing but their places in the table (RFC 7541 6.1).</summary>
    public static byte[] KeptRequest(int fields) =>
        [.. Enumerable.Range(0, fields).Select(i => (byte)(Indexed | (FirstKept + fields - 1 - i)))];

    /// <summary>What a field takes in the table (RFC 7541 4.1).</summary>
    public static int KeptBytes(string name, string value) => name.Length + value.Length + 32;

    private static byte[] Block((string Name, string Value)[] fields) =>
        [.. fields.SelectMany(static field => (byte[])[0, .. Text(field.Name), .. Text(field.Value)])];

    private static byte[] Text(string text) => [.. Length(text.Length), .. Encoding.ASCII.GetBytes(text)];

    private static List<byte> Length(int length)
    {
        if (length <= LargestShortLength)
        {
            return [(byte)length];
        }

        List<byte> bytes = [LargestShortLength + 1];
        for (length -= LargestShortLength + 1; length > 127; length >>= 7)
        {
            bytes.Add((byte)(length | 128));
        }

        bytes.Add((byte)length);
        return bytes;
    }
}
