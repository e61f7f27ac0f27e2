using System.Buffers.Binary;
using System.Text;

namespace EventCluster.Exhaust;

/// <summary>Frames of HTTP/2 clients that take nothing or send half (RFC 9113; header fields as literals of RFC 7541).</summary>
internal static class Http2Words
{
    private const byte Data = 0;
    private const byte Headers = 1;
    private const byte Settings = 4;
    private const byte EndStream = 1;
    private const byte EndHeaders = 4;
    private const ushort InitialWindowSize = 4;
    private const int HalfBytes = 3_000;

    /// <summary>Streams that announce a large body and send a little of it.</summary>
    public static byte[] HalfBodies(int streams)
    {
        var words = Begin(window: 65_535);
        for (var i = 0; i < streams; i++)
        {
            var id = (2 * i) + 1;
            words.AddRange(Frame(Headers, EndHeaders, id, Block(
                (":method", "POST"), (":scheme", "http"), (":authority", "localhost"), (":path", "/v1/stream/" + Attack.LargeStream),
                ("content-type", "application/octet-stream"), ("content-length", "8388608"))));
            words.AddRange(Frame(Data, 0, id, new byte[HalfBytes]));
        }

        return [.. words];
    }

    /// <summary>Streams whose windows are closed.</summary>
    public static byte[] SlowReaders(string path, int streams)
    {
        var words = Begin(window: 0);
        for (var i = 0; i < streams; i++)
        {
            words.AddRange(Frame(Headers, EndHeaders | EndStream, (2 * i) + 1, Block(
                (":method", "GET"), (":scheme", "http"), (":authority", "localhost"), (":path", path))));
        }

        return [.. words];
    }

    private static List<byte> Begin(int window)
    {
        var setting = new byte[6];
        BinaryPrimitives.WriteUInt16BigEndian(setting, InitialWindowSize);
        BinaryPrimitives.WriteInt32BigEndian(setting.AsSpan(2), window);
        return [.. Encoding.ASCII.GetBytes("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), .. Frame(Settings, 0, 0, setting)];
    }

    private static byte[] Frame(byte type, byte flags, int stream, byte[] payload)
    {
        var head = new byte[9];
        BinaryPrimitives.WriteInt32BigEndian(head.AsSpan(5), stream);
        (head[0], head[1], head[2]) = ((byte)(payload.Length >> 16), (byte)(payload.Length >> 8), (byte)payload.Length);
        (head[3], head[4]) = (type, flags);
        return [.. head, .. payload];
    }

    /// <summary>Literals without indexing, new names, no Huffman; all are shorter than 127 bytes.</summary>
    private static byte[] Block(params (string Name, string Value)[] fields) =>
        [.. fields.SelectMany(static field => (byte[])[0, .. Text(field.Name), .. Text(field.Value)])];

    private static byte[] Text(string text) => [(byte)text.Length, .. Encoding.ASCII.GetBytes(text)];
}
