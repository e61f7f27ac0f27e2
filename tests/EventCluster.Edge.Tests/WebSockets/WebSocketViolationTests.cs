using System.Net.WebSockets;
using System.Text;
using EventCluster.Abstractions.Streams;
using EventCluster.Edge.Tests.Server;
using EventCluster.TestKit;

namespace EventCluster.Edge.Tests.WebSockets;

/// <summary>Whatever a client does, it gets a clear end, and its neighbours notice nothing.</summary>
public sealed class WebSocketViolationTests
{
    public static TheoryData<string, byte[], int> Violations => new()
    {
        { "binary", RawSocket.Frame(0x82, [1, 2, 3]), 1003 },
        { "not UTF-8", RawSocket.Frame(0x81, [0xc3, 0x28]), 1007 },
        { "UTF-8 cut at the end", RawSocket.Frame(0x81, [.. "\"€"u8[..^1]]), 1007 },
        { "not masked", RawSocket.Frame(0x81, [.. "{}"u8], masked: false), 1002 },
        { "reserved bit", RawSocket.Frame(0xc1, [.. "{}"u8]), 1002 },
        { "reserved opcode", RawSocket.Frame(0x83, []), 1002 },
        { "reserved control opcode", RawSocket.Frame(0x8b, []), 1002 },
        { "continuation of nothing", RawSocket.Frame(0x80, [.. "{}"u8]), 1002 },
        { "message inside a message", [.. RawSocket.Frame(0x01, [.. "{"u8]), .. RawSocket.Frame(0x81, [.. "}"u8])], 1002 },
        { "fragmented ping", RawSocket.Frame(0x09, []), 1002 },
        { "long ping", RawSocket.Frame(0x89, new byte[126]), 1002 },
        { "length not shortest", [0x81, 0xfe, 0x00, 0x02, 0, 0, 0, 0, (byte)'{', (byte)'}'], 1002 },
        { "length below zero", [0x81, 0xff, 0xff, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0], 1002 },
        { "announces too much", [0x81, 0xff, 0, 0, 0, 0, 0, 0x20, 0, 1, 0, 0, 0, 0], 1009 },
        { "close with one byte", RawSocket.Frame(0x88, [3]), 1002 },
        { "close with a code that is never sent", RawSocket.Frame(0x88, [0x03, 0xed]), 1002 },
        { "close with a bad reason", RawSocket.Frame(0x88, [0x03, 0xe8, 0xff]), 1007 },
        { "not JSON", RawSocket.TextFrame("hello"), 1002 },
        { "no object", RawSocket.TextFrame("[1]"), 1002 },
        { "half an object", RawSocket.TextFrame("{\"type\":"), 1002 },
        { "two objects", RawSocket.TextFrame("{\"type\":\"ping\"}{\"type\":\"ping\"}"), 1002 },
        { "nothing", RawSocket.TextFrame(""), 1002 },
        { "too deep", RawSocket.TextFrame(new string('[', 500) + new string(']', 500)), 1002 },
        { "no type", RawSocket.TextFrame("{}"), 1002 },
        { "unknown type", RawSocket.TextFrame("{\"type\":\"shout\"}"), 1002 },
        { "unknown long type", RawSocket.TextFrame("{\"type\":\"" + new string('€', 500) + "\"}"), 1002 },
        { "type is a number", RawSocket.TextFrame("{\"type\":1}"), 1002 },
        { "id is an object", RawSocket.TextFrame("{\"type\":\"ping\",\"id\":{}}"), 1002 },
        { "id is long", RawSocket.TextFrame("{\"type\":\"ping\",\"id\":\"" + new string('x', 129) + "\"}"), 1002 },
    };

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [MemberData(nameof(Violations))]
    public async Task Violation_Closes_AndNothingElseIsAffected(string what, byte[] bytes, int code)
    {
        await using var server = await EdgeServer.StartAsync();
        var stream = await server.StreamAsync("s", "application/json", "1");
        using var neighbour = await SocketClient.OpenAsync(server, "/v1/stream/s");
        await neighbour.ExpectAsync("subscribed");
        await neighbour.EventsAsync("s", 1);
        using var socket = await RawSocket.ConnectAsync(server, "/v1/streams");
        Assert.Equal(101, socket.Status);
        Assert.Contains("Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n", socket.Head, StringComparison.Ordinal);

        await socket.SendAsync(bytes);
        var (closed, reason) = await socket.ClosedAsync();
        Assert.Equal((what, code), (what, closed));
        Assert.InRange(Encoding.UTF8.GetByteCount(reason), 1, 123);
        await socket.SendAsync(RawSocket.Frame(0x88, [0x03, 0xe8]));

        await stream.AppendAsync(
            new AppendRequest
            {
                ContentType = Protocol.StreamContentType.Parse("application/json"),
                Events = TestData.Payloads("2"),
            },
            Cancel);
        Assert.Equal(["2"], await neighbour.EventsAsync("s", 1));
    }

    [Fact]
    public async Task Violation_WithoutAGoodBye_IsCutAfterTheFarewell()
    {
        await using var server = await EdgeServer.StartAsync();
        using var socket = await RawSocket.ConnectAsync(server, "/v1/streams");
        await socket.SendAsync(RawSocket.TextFrame("x"));
        await socket.ClosedAsync();
        Assert.Equal(1, server.Sessions);

        await server.AfterAsync(EdgeLimits.CloseTimeout, "no session", () => server.Sessions == 0);
        await socket.EndedAsync();
    }

    [Fact]
    public async Task Message_OfTheLargestSize_IsUnderstoodAndOneByteMoreIsNot()
    {
        await using var server = await EdgeServer.StartAsync();
        using var client = await SocketClient.OpenAsync(server, "/v1/streams");
        var message = "{\"type\":\"ping\",\"id\":1}".PadRight(EdgeLimits.MaxWebSocketMessageBytes);
        await client.SendAsync(message);
        await client.ExpectAsync("pong");

        await client.SendAsync(message + " ");
        Assert.Equal(1009, await client.ClosedAsync());
    }

    [Fact]
    public async Task Fragments_WithPingsBetween_AreOneMessage()
    {
        await using var server = await EdgeServer.StartAsync();
        using var socket = await RawSocket.ConnectAsync(server, "/v1/streams");
        Assert.Equal(1, (await socket.ReceiveAsync()).Opcode);
        await socket.SendAsync(RawSocket.Frame(0x01, [.. "{\"type\":"u8]));
        await socket.SendAsync(RawSocket.Frame(0x89, [.. "are you there"u8]));
        await socket.SendAsync(RawSocket.Frame(0x00, [.. "\"ping\",\"id\":\"€"u8[..^1]]));
        foreach (var part in RawSocket.Frame(0x80, [(byte)"€"u8[2], .. "\"}"u8]))
        {
            await socket.SendAsync([part]);
        }

        var pong = await socket.ReceiveAsync();
        Assert.Equal((10, "are you there"), (pong.Opcode, Encoding.UTF8.GetString(pong.Payload)));
        var answer = await socket.ReceiveAsync();
        Assert.Equal("{\"type\":\"pong\",\"id\":\"€\"}", Encoding.UTF8.GetString(answer.Payload));
        await socket.SendAsync(RawSocket.Frame(0x88, []));
        Assert.Equal(1005, (await socket.ClosedAsync()).Code);
        await socket.EndedAsync();
    }

    [Fact]
    public async Task Subscriptions_AboveTheLimit_Close1008()
    {
        await using var server = await EdgeServer.StartAsync();
        using var client = await SocketClient.OpenAsync(server, "/v1/streams");
        for (var i = 0; i <= EdgeLimits.MaxStreamsPerSession; i++)
        {
            await server.StreamAsync($"s{i}", "text/plain");
            await client.SendAsync($$"""{"type":"subscribe","stream":"s{{i}}"}""");
        }

        Assert.Equal(1008, await client.ClosedAsync());
        Assert.Contains("64", client.Reason, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Sec-WebSocket-Version", "8", 426)]
    [InlineData("Sec-WebSocket-Version", "", 426)]
    [InlineData("Sec-WebSocket-Key", "", 400)]
    [InlineData("Sec-WebSocket-Key", "c2hvcnQ=", 400)]
    [InlineData("Sec-WebSocket-Protocol", "eventcluster.v2", 400)]
    [InlineData("Origin", "https://evil.example", 403)]
    [InlineData("Host", "evil.example", 421)]
    public async Task Handshake_ThatIsWrong_IsAnHttpError(string header, string value, int status)
    {
        await using var server = await EdgeServer.StartAsync();
        using var socket = await RawSocket.ConnectAsync(server, "/v1/streams", 0, (header, value));
        Assert.Equal(status, socket.Status);
        Assert.Contains("application/problem+json", socket.Head, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/v1/stream/..", 400)]
    [InlineData("/v1/stream/s?offset=zzz", 400)]
    [InlineData("/v1/stream/s?offset=-1&last=1", 400)]
    [InlineData("/v1/stream/s?onGap=maybe", 400)]
    [InlineData("/v1/stream/s?credit=-1", 400)]
    [InlineData("/v1/stream/s?heartbeat=1", 400)]
    [InlineData("/v1/streams?offset=-1&stream=s", 400)]
    [InlineData("/v1/streams?stream=s&stream=s", 400)]
    [InlineData("/v1/streams?stream=../s", 400)]
    [InlineData("/v1/other", 404)]
    public async Task Url_ThatIsWrong_IsAnHttpError(string path, int status)
    {
        await using var server = await EdgeServer.StartAsync();
        using var socket = await RawSocket.ConnectAsync(server, path);
        Assert.Equal(status, socket.Status);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Origin_IsCheckedLikeThatOfAPost(bool http2)
    {
        await using var server = await EdgeServer.StartAsync();
        await Assert.ThrowsAsync<WebSocketException>(
            () => SocketClient.ConnectAsync(server, "/v1/streams", http2, origin: "https://evil.example"));
        using var client = await SocketClient.ConnectAsync(server, "/v1/streams", http2, origin: "http://localhost:3000");
        await client.ExpectAsync("hello");
    }

    [Fact]
    public async Task Subprotocol_NotAskedFor_Closes1002AndSaysWhich()
    {
        await using var server = await EdgeServer.StartAsync();
        using var client = await SocketClient.ConnectAsync(server, "/v1/streams", subprotocol: null);
        Assert.Equal(1002, await client.ClosedAsync());
        Assert.Contains("eventcluster.v1", client.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Connections_AboveTheLimit_Close1013()
    {
        await using var server = await EdgeServer.StartAsync(options => options.MaxWebSockets = 1);
        using var first = await SocketClient.OpenAsync(server, "/v1/streams");
        using var second = await SocketClient.ConnectAsync(server, "/v1/streams");
        Assert.Equal(1013, await second.ClosedAsync());
        await first.SendAsync("""{"type":"ping"}""");
        await first.ExpectAsync("pong");
    }
}
