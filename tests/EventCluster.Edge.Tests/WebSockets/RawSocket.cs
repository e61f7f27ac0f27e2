using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;
using EventCluster.Edge.Tests.Server;
using EventCluster.TestKit;

namespace EventCluster.Edge.Tests.WebSockets;

/// <summary>A client that writes any bytes it likes, after an HTTP/1.1 handshake of any shape.</summary>
internal sealed class RawSocket : IDisposable
{
    private readonly TcpClient _tcp;
    private readonly NetworkStream _stream;

    private RawSocket(TcpClient tcp)
    {
        _tcp = tcp;
        _stream = tcp.GetStream();
    }

    /// <summary>The status line and headers of the answer.</summary>
    public string Head { get; private set; } = "";

    /// <summary>Status of the answer.</summary>
    public int Status => int.Parse(Head.Split(' ')[1]);

    /// <summary>Sends the usual handshake with headers replaced, added, or left out (empty value), and reads the answer.</summary>
    public static async Task<RawSocket> ConnectAsync(
        EdgeServer server, string path, int receiveBuffer = 0, params (string Name, string Value)[] headers)
    {
        var tcp = new TcpClient();
        if (receiveBuffer > 0)
        {
            tcp.ReceiveBufferSize = receiveBuffer;
        }

        await tcp.ConnectAsync(IPAddress.Loopback, server.Port, TestContext.Current.CancellationToken);
        var fields = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase)
        {
            ["Host"] = $"127.0.0.1:{server.Port}",
            ["Connection"] = "Upgrade",
            ["Upgrade"] = "websocket",
            ["Sec-WebSocket-Version"] = "13",
            ["Sec-WebSocket-Key"] = "dGhlIHNhbXBsZSBub25jZQ==",
            ["Sec-WebSocket-Protocol"] = "chat, eventcluster.v1",
        };
        foreach (var (name, value) in headers)
        {
            fields[name] = value;
        }

        var request = new StringBuilder($"GET {path} HTTP/1.1\r\n");
        foreach (var (name, value) in fields.Where(field => field.Value.Length > 0))
        {
            request.Append($"{name}: {value}\r\n");
        }

        var socket = new RawSocket(tcp);
        await socket.SendAsync(Encoding.ASCII.GetBytes(request.Append("\r\n").ToString()));
        var head = new StringBuilder();
        while (!head.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal))
        {
            head.Append((char)(await socket.ReadAsync(1))[0]);
        }

        socket.Head = head.ToString();
        return socket;
    }

    public Task SendAsync(byte[] bytes) => _stream.WriteAsync(bytes, TestContext.Current.CancellationToken).AsTask();

    /// <summary>A masked frame.</summary>
    public static byte[] Frame(int firstByte, byte[] payload, bool masked = true)
    {
        var frame = new List<byte> { (byte)firstByte };
        var flag = masked ? 0x80 : 0;
        switch (payload.Length)
        {
            case < 126:
                frame.Add((byte)(flag | payload.Length));
                break;
            case <= ushort.MaxValue:
                frame.Add((byte)(flag | 126));
                frame.AddRange([(byte)(payload.Length >> 8), (byte)payload.Length]);
                break;
            default:
                var length = new byte[8];
                BinaryPrimitives.WriteInt64BigEndian(length, payload.Length);
                frame.Add((byte)(flag | 127));
                frame.AddRange(length);
                break;
        }

        byte[] mask = [1, 2, 3, 4];
        if (masked)
        {
            frame.AddRange(mask);
        }

        frame.AddRange(payload.Select((b, i) => masked ? (byte)(b ^ mask[i % 4]) : b));
        return [.. frame];
    }

    public static byte[] TextFrame(string text) => Frame(0x81, Encoding.UTF8.GetBytes(text));

    /// <summary>The next frame of the server.</summary>
    public async Task<(int Opcode, byte[] Payload)> ReceiveAsync()
    {
        var header = await ReadAsync(2);
        Assert.Equal(0, header[1] & 0x80);
        var length = header[1] switch
        {
            126 => BinaryPrimitives.ReadUInt16BigEndian(await ReadAsync(2)),
            127 => (int)BinaryPrimitives.ReadInt64BigEndian(await ReadAsync(8)),
            _ => header[1],
        };
        return (header[0] & 0x0f, await ReadAsync(length));
    }

    /// <summary>Reads until the server's close frame; answers its code and reason.</summary>
    public async Task<(int Code, string Reason)> ClosedAsync()
    {
        while (true)
        {
            var (opcode, payload) = await ReceiveAsync();
            if (opcode == 8)
            {
                return payload.Length == 0
                    ? (1005, "")
                    : (BinaryPrimitives.ReadUInt16BigEndian(payload), Encoding.UTF8.GetString(payload.AsSpan(2)));
            }
        }
    }

    /// <summary>Waits until the connection ends, reading away what comes.</summary>
    public async Task EndedAsync()
    {
        var buffer = new byte[4096];
        try
        {
            while (await Phase.OfAsync("end", _stream.ReadAsync(buffer, TestContext.Current.CancellationToken).AsTask()) > 0)
            {
            }
        }
        catch (IOException)
        {
            // Reset is an end, too.
        }
    }

    public void Dispose() => _tcp.Dispose();

    private async Task<byte[]> ReadAsync(int count)
    {
        var bytes = new byte[count];
        await Phase.OfAsync("bytes", _stream.ReadExactlyAsync(bytes, TestContext.Current.CancellationToken).AsTask());
        return bytes;
    }
}
