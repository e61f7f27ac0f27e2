using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using EventCluster.TestKit.Servers;
using Xunit;

namespace EventCluster.EndToEnd.Tests.Lifecycle;

/// <summary>Whatever strangers send, the log tells of it in a few warnings with a count, never as a fault of the server and never with a stack trace.</summary>
public sealed class FloodLogTests : IAsyncLifetime
{
    private const int Connections = 10;

    /// <summary>Kinds of lines that the attacks have together; each is written once a minute, and so is its count.</summary>
    private const int MostKinds = 8;

    private const string Preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
    private const string HubStart = "GET /v1/signalr HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
        + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("eventcluster-flood-");
    private readonly int _http2 = FreePort.Next();
    private readonly int _tls = FreePort.Next();
    private ServerProcess? _server;

    /// <summary>The attacks: what is sent on a connection of its own, to which port, many times.</summary>
    private static readonly (string What, string Port, byte[] Bytes)[] Attacks =
    [
        ("bad preface", "h2", [.. "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"u8]),
        ("half a preface", "h2", [.. "PRI * HTTP/2.0\r\n\r\nXX"u8]),
        ("no frames", "h2", Http2(Noise(500))),
        ("oversized frame", "h2", Http2(Frame(0, 0, 1, new byte[20_000]))),
        ("announced frame", "h2", Http2([0xff, 0xff, 0xff, 0, 0, 0, 0, 0, 1, 1, 2, 3])),
        ("index of the header table that is none", "h2", Http2(Frame(1, 5, 1, Enumerable.Repeat((byte)0xff, 50).ToArray()))),
        ("index 0", "h2", Http2(Frame(1, 5, 1, [0x80]))),
        ("header flood", "h2", Http2([.. Frame(1, 1, 1, Request("/")), .. Many(300, i => Frame(9, 0, 1, Field($"x{i}", new string('a', 100))))])),
        ("many headers", "h2", Http2(Frame(1, 5, 1, [.. Request("/"), .. Many(120, i => Field($"x{i}", "a"))]))),
        ("reset flood", "h2", Http2(Many(2_000, i => [.. Frame(1, 5, (2 * i) + 1, Request("/v1/stream/x")), .. Frame(3, 0, (2 * i) + 1, [0, 0, 0, 8])]))),
        ("stream flood", "h2", Http2(Many(2_000, i => Frame(1, 5, (2 * i) + 1, Request("/v1/stream/x?live=eventsource"))))),
        ("settings flood", "h2", Http2(Many(5_000, static _ => Frame(4, 0, 0, [0, 4, 0, 0, 255, 255])))),
        ("ping flood", "h2", Http2(Many(5_000, static _ => Frame(6, 0, 0, new byte[8])))),
        ("window overflow", "h2", Http2(Many(3, static _ => Frame(8, 0, 0, [0x7f, 0xff, 0xff, 0xff])))),
        ("even stream", "h2", Http2(Frame(1, 5, 2, Request("/")))),
        ("pushed promise", "h2", Http2(Frame(5, 4, 1, [0, 0, 0, 2]))),
        ("upper-case header", "h2", Http2(Frame(1, 5, 1, [.. Request("/"), .. Field("Upper", "x")]))),
        ("more data than announced", "h2", Http2([.. Frame(1, 4, 1, [.. Request("/v1/stream/x", "POST"), .. Field("content-length", "1")]), .. Frame(0, 1, 1, new byte[100])])),
        ("TLS garbage", "tls", Noise(300)),
        ("TLS record that is no hello", "tls", [0x16, 3, 1, 0, 5, 1, 2, 3, 4, 5]),
        ("TLS record cut", "tls", [0x16, 3, 1, 0x02, 0x00, 1, 0]),
        ("clear text on TLS", "tls", [.. "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"u8]),
        ("half open", "h1", [.. "POST /v1/stream/x HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/plain\r\nContent-Length: 1000\r\n\r\nabc"u8]),
        ("HTTP/1.1 garbage", "h1", Noise(300)),
        ("long line", "h1", Enumerable.Repeat((byte)'A', 300_000).ToArray()),
        ("many lines", "h1", [.. "GET / HTTP/1.1\r\n"u8, .. Many(500, static i => Encoding.ASCII.GetBytes($"x{i}: y\r\n"))]),
        ("bad chunk", "h1", [.. "POST /v1/stream/x HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"u8]),
        ("hub: no handshake", "h1", Hub("garbage\u001e")),
        ("hub: no message", "h1", Hub("{\"protocol\":\"json\",\"version\":1}\u001egarbage\u001e")),
        ("hub: unknown method", "h1", Hub("{\"protocol\":\"json\",\"version\":1}\u001e{\"type\":1,\"target\":\"Nope\",\"arguments\":[]}\u001e")),
        ("hub: other arguments", "h1", Hub("{\"protocol\":\"json\",\"version\":1}\u001e{\"type\":1,\"invocationId\":\"1\",\"target\":\"Append\",\"arguments\":[1,2,3]}\u001e")),
        ("hub: member twice", "h1", Hub("{\"protocol\":\"json\",\"version\":1}\u001e{\"type\":1,\"type\":6,\"target\":\"x\",\"arguments\":[]}\u001e")),
        ("hub: broken frames", "h1", [.. Encoding.ASCII.GetBytes(HubStart), .. Enumerable.Repeat((byte)0xff, 100)]),
    ];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var now = TimeProvider.System.GetUtcNow();
        using var certificate = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256).CreateSelfSigned(now.AddDays(-1), now.AddDays(1));
        var path = Path.Combine(_folder.FullName, "server.pem");
        await File.WriteAllTextAsync(path, certificate.ExportCertificatePem() + "\n" + key.ExportPkcs8PrivateKeyPem(), Token);
        _server = await ServerProcess.StartAsync(
            dataPath: null,
            [$"--EventCluster:Http2Url=http://127.0.0.1:{_http2}", $"--EventCluster:Tls:CertificatePath={path}"],
            Token,
            $"https://127.0.0.1:{_tls}");
    }

    public async ValueTask DisposeAsync()
    {
        await _server!.DisposeAsync();
        _folder.Delete(recursive: true);
    }

    [Fact]
    public async Task Attacks_OfStrangers_AreAFewWarnings()
    {
        var server = _server!;
        var before = server.Output.Length;
        var began = TimeProvider.System.GetTimestamp();
        foreach (var (what, port, bytes) in Attacks)
        {
            for (var i = 0; i < Connections; i++)
            {
                await SendAsync(port switch { "h2" => _http2, "tls" => _tls, _ => server.Url.Port }, bytes, isReset: i % 2 == 0);
            }

            Assert.True(await server.IsReadyAsync(Token), what);
        }

        var exit = await server.TerminateAsync();
        Assert.True(exit == 0, $"It ended with {exit}:\n{server.Output[before..]}");
        var minutes = 2 + (int)TimeProvider.System.GetElapsedTime(began).TotalMinutes;
        var lines = server.Output[before..].Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Where(static line => !line.Contains("EventCluster.Server[401", StringComparison.Ordinal)).ToList();
        Assert.True(lines.TrueForAll(static line => !line.Contains("crit: ", StringComparison.Ordinal) && !line.Contains("fail: ", StringComparison.Ordinal)), string.Join('\n', lines));
        Assert.All(lines, static line => Assert.DoesNotContain("   at ", line, StringComparison.Ordinal));
        Assert.True(lines.Count <= 2 * MostKinds * minutes, string.Join('\n', lines));

        // Some of it is told: the log is not silent about what goes on.
        Assert.Contains(lines, static line => line.Contains("warn: Microsoft.AspNetCore.Server.Kestrel", StringComparison.Ordinal));
    }

    private static async Task SendAsync(int port, byte[] bytes, bool isReset)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(IPAddress.Loopback, port, Token);
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(Token);
        patience.CancelAfter(TimeSpan.FromMilliseconds(100));
        try
        {
            await socket.SendAsync(bytes, patience.Token);
            if (isReset)
            {
                socket.LingerState = new LingerOption(true, 0);
                return;
            }

            var buffer = new byte[64 * 1024];
            while (await socket.ReceiveAsync(buffer, patience.Token) > 0)
            {
            }
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException && !Token.IsCancellationRequested)
        {
            // The server cut it, or said nothing.
        }
    }

    private static byte[] Noise(int length)
    {
        var noise = new byte[length];
        new Random(7).NextBytes(noise);
        return noise;
    }

    private static byte[] Http2(byte[] frames) => [.. Encoding.ASCII.GetBytes(Preface), .. Frame(4, 0, 0, []), .. frames];

    private static byte[] Many(int count, Func<int, byte[]> part) => [.. Enumerable.Range(0, count).SelectMany(part)];

    private static byte[] Frame(byte type, byte flags, int stream, byte[] payload)
    {
        var head = new byte[9];
        BinaryPrimitives.WriteInt32BigEndian(head.AsSpan(5), stream);
        (head[0], head[1], head[2], head[3], head[4]) =
            ((byte)(payload.Length >> 16), (byte)(payload.Length >> 8), (byte)payload.Length, type, flags);
        return [.. head, .. payload];
    }

    private static byte[] Request(string path, string method = "GET") =>
        [.. Field(":method", method), .. Field(":scheme", "http"), .. Field(":authority", "localhost"), .. Field(":path", path)];

    private static byte[] Field(string name, string value) =>
        [0, (byte)name.Length, .. Encoding.ASCII.GetBytes(name), (byte)value.Length, .. Encoding.ASCII.GetBytes(value)];

    /// <summary>A text message of a WebSocket on the hub; masked with zeros.</summary>
    private static byte[] Hub(string text)
    {
        var payload = Encoding.UTF8.GetBytes(text);
        byte[] length = payload.Length < 126 ? [(byte)(0x80 | payload.Length)] : [0xfe, (byte)(payload.Length >> 8), (byte)payload.Length];
        return [.. Encoding.ASCII.GetBytes(HubStart), 0x81, .. length, 0, 0, 0, 0, .. payload];
    }
}
