using System.Buffers.Binary;
using System.Text;
using EventCluster.Edge.Tests.Server;
using EventCluster.TestKit;

namespace EventCluster.Edge.Tests.Http;

/// <summary>
/// Requests that only HTTP/2 can carry and that contradict themselves: refused or reset, nothing is stored, and the log has no error
/// (the server of these tests fails for one).
/// </summary>
public sealed class Http2RequestTests
{
    [Theory]
    [InlineData("content-length: 5", "x")]
    [InlineData("content-length: 1", "xyz")]
    [InlineData("content-length: 0", "x")]
    [InlineData("content-length: 1|content-length: 2", "x")]
    [InlineData("transfer-encoding: chunked", "1\r\nx\r\n0\r\n\r\n")]
    [InlineData("transfer-encoding: gzip, chunked", "1\r\nx\r\n0\r\n\r\n")]
    [InlineData("transfer-encoding: chunked|content-length: 11", "1\r\nx\r\n0\r\n\r\n")]
    public async Task Append_ThatContradictsItself_StoresNothing(string fields, string body)
    {
        await using var server = await EdgeServer.StartAsync();
        await server.CreateAsync("a", "text/plain");
        (string, string)[] extra = [.. fields.Split('|').Select(static field => field.Split(": ")).Select(static pair => (pair[0], pair[1]))];
        foreach (var parts in (int[])[1, 2])
        {
            // In one frame the body is there at once; in two it arrives.
            var bytes = Encoding.ASCII.GetBytes(body);
            var middle = parts == 1 ? 0 : bytes.Length / 2;
            await AnswerAsync(
                server,
                [
                    .. Http2Frames.Frame(
                        Http2Frames.Headers, Http2Frames.EndHeaders, 1,
                        Http2Frames.Request("POST", "/v1/stream/a", [("content-type", "text/plain"), .. extra])),
                    .. parts == 1 ? [] : Http2Frames.Frame(Http2Frames.Data, 0, 1, bytes[..middle]),
                    .. Http2Frames.Frame(Http2Frames.Data, Http2Frames.EndStream, 1, bytes[middle..]),
                ]);
        }

        Assert.Equal("", (await server.SendAsync("GET", "/v1/stream/a")).Text);
    }

    /// <summary>A method has one spelling: a rule that stands before the server knows no other.</summary>
    [Theory]
    [InlineData("delete")]
    [InlineData("Delete")]
    [InlineData("DELETe")]
    [InlineData("post")]
    [InlineData("put")]
    [InlineData("get")]
    public async Task Request_WithAMethodInSmallLetters_IsRefused(string method)
    {
        await using var server = await EdgeServer.StartAsync();
        await server.CreateAsync("a", "text/plain", "x");

        var answer = await server.SendAsync(method, "/v1/stream/a", "x", "Content-Type: text/plain");
        await AnswerAsync(server, Http2Frames.Frame(
            Http2Frames.Headers, Http2Frames.EndHeaders | Http2Frames.EndStream, 1, Http2Frames.Request(method, "/v1/stream/a")));

        Assert.Equal((405, "method_not_allowed"), (answer.Status, answer.Code));
        Assert.Equal("x", (await server.SendAsync("GET", "/v1/stream/a")).Text);
    }

    /// <summary>
    /// A client that has not seen the server's settings may use a header table of the protocol's initial size (RFC 9113 6.5.2): as
    /// browsers and nghttp2 do, which send several requests at once on a new connection.
    /// </summary>
    [Theory]
    [InlineData(1, 0)]
    [InlineData(1, 4_096)]
    [InlineData(20, 0)]
    [InlineData(20, 4_096)]
    public async Task Requests_BeforeTheServersSettings_MayUseTheHeaderTable(int repetitions, int tableBytes)
    {
        await using var server = await EdgeServer.StartAsync();
        await server.CreateAsync("a", "text/plain", "x");
        List<(string Name, string Value)> fields =
            [(":method", "GET"), (":scheme", "http"), (":authority", "localhost"), (":path", "/v1/stream/a")];
        var used = fields.Sum(static field => Http2Frames.KeptBytes(field.Name, field.Value));
        if (tableBytes > 0)
        {
            // The table is full to its last byte.
            fields.Add(("x", new string('x', tableBytes - used - Http2Frames.KeptBytes("x", ""))));
        }

        using var connection = await RawConnection.OpenAsync(server.Http2Port);
        await connection.WriteAsync(
        [
            .. Http2Frames.Preface(),
            .. Get(1, Http2Frames.RequestToKeep([.. fields])),
            .. Enumerable.Range(1, repetitions).SelectMany(i => Get((2 * i) + 1, Http2Frames.KeptRequest(fields.Count))),
        ]);

        var bodies = new Dictionary<int, string>();
        while (bodies.Count <= repetitions)
        {
            var (type, _, stream, payload) = await FrameAsync(connection);
            Assert.True(type is not Http2Frames.GoAway and not Http2Frames.Reset, $"{type} on {stream}: {Convert.ToHexString(payload)}");
            if (type == Http2Frames.Data && payload.Length > 0)
            {
                bodies.Add(stream, Encoding.ASCII.GetString(payload));
            }
        }

        Assert.All(bodies.Values, static body => Assert.Equal("x", body));
    }

    /// <summary>
    /// Goal: what a connection makes the server hold is bounded whatever it sends. Method: event streams whose heads are references to
    /// one large field, a byte each, until the bound is reached; the others go on, and room comes back with the end of one.
    /// </summary>
    [Fact]
    public async Task Heads_OfOpenRequests_HaveABoundPerConnection()
    {
        const int References = 30;
        await using var server = await EdgeServer.StartAsync();
        await server.CreateAsync("a", "text/plain", "x");
        (string Name, string Value)[] fields = LargeRequest("/v1/stream/a?live=eventsource&offset=-1");
        var head = (References * (fields[^1].Name.Length + fields[^1].Value.Length)) + fields[3].Value.Length;
        var fit = EdgeLimits.Http2HeldHeadBytes / head;
        var streams = fit + 20;

        using var connection = await RawConnection.OpenAsync(server.Http2Port);
        await connection.WriteAsync(
        [
            .. Http2Frames.Preface(),
            .. Get(1, Http2Frames.RequestToKeep(fields)),
            .. Enumerable.Range(1, streams).SelectMany(i => Get((2 * i) + 1, Repeated(fields.Length, References))),
        ]);

        var open = new HashSet<int>();
        var refused = new HashSet<int>();
        while (open.Count + refused.Count <= streams)
        {
            var (stream, text) = await DataAsync(connection);
            (text.Contains("headers_too_large", StringComparison.Ordinal) ? refused : open).Add(stream);
        }

        // The first one has its large field once and is not counted; the host is.
        Assert.InRange(open.Count, fit, fit + 1);
        Assert.Contains(1, open);

        var left = open.First(static stream => stream != 1);
        await connection.WriteAsync(Http2Frames.Frame(Http2Frames.Reset, 0, left, [0, 0, 0, 8]));
        var next = (2 * streams) + 3;
        await Phase.UntilAsync(
            "room comes back",
            async () =>
            {
                await connection.WriteAsync(Get(next, Repeated(fields.Length, References)));
                while (true)
                {
                    var (stream, text) = await DataAsync(connection);
                    if (stream == next)
                    {
                        next += 2;
                        return !text.Contains("headers_too_large", StringComparison.Ordinal);
                    }
                }
            },
            static () => { },
            TestContext.Current.CancellationToken);
    }

    /// <summary>Requests that end give back what their heads were counted for.</summary>
    [Fact]
    public async Task Heads_OfRequestsThatEnd_AreForgotten()
    {
        const int References = 30;
        await using var server = await EdgeServer.StartAsync();
        await server.CreateAsync("a", "text/plain", "x");
        (string Name, string Value)[] fields = LargeRequest("/v1/stream/a");
        var requests = 2 * EdgeLimits.Http2HeldHeadBytes / (References * fields[^1].Value.Length);

        using var connection = await RawConnection.OpenAsync(server.Http2Port);
        await connection.WriteAsync([.. Http2Frames.Preface(), .. Get(1, Http2Frames.RequestToKeep(fields))]);
        Assert.Equal((1, "x"), await DataAsync(connection));
        for (var i = 1; i <= requests; i++)
        {
            await connection.WriteAsync(Get((2 * i) + 1, Repeated(fields.Length, References)));
            Assert.Equal(((2 * i) + 1, "x"), await DataAsync(connection));
        }
    }

    /// <summary>A request whose last field nearly fills the header table.</summary>
    private static (string Name, string Value)[] LargeRequest(string path) =>
    [
        (":method", "GET"), (":scheme", "http"), (":authority", "localhost"), (":path", path), ("x", new string('x', 3_500)),
    ];

    private static byte[] Get(int stream, byte[] block) =>
        Http2Frames.Frame(Http2Frames.Headers, Http2Frames.EndHeaders | Http2Frames.EndStream, stream, block);

    /// <summary>A request of kept fields, the last of them many times.</summary>
    private static byte[] Repeated(int fields, int times) =>
        [.. Http2Frames.KeptRequest(fields), .. Enumerable.Range(1, times - 1).SelectMany(static _ => Http2Frames.KeptRequest(1))];

    /// <summary>The next bytes of an answer, and whose they are.</summary>
    private static async Task<(int Stream, string Text)> DataAsync(RawConnection connection)
    {
        while (true)
        {
            var (type, _, stream, payload) = await FrameAsync(connection);
            Assert.True(type is not Http2Frames.GoAway, Convert.ToHexString(payload));
            if (type == Http2Frames.Data && payload.Length > 0)
            {
                return (stream, Encoding.UTF8.GetString(payload));
            }
        }
    }

    /// <summary>Sends a request and reads until its stream has ended.</summary>
    private static async Task AnswerAsync(EdgeServer server, byte[] request)
    {
        using var connection = await RawConnection.OpenAsync(server.Http2Port);
        await connection.WriteAsync([.. Http2Frames.Preface(), .. request]);
        while (true)
        {
            var (type, flags, stream, _) = await FrameAsync(connection);
            if (type is Http2Frames.GoAway || (stream == 1 && (type is Http2Frames.Reset
                || (type is Http2Frames.Data or Http2Frames.Headers && (flags & Http2Frames.EndStream) != 0))))
            {
                return;
            }
        }
    }

    private static async Task<(byte Type, byte Flags, int Stream, byte[] Payload)> FrameAsync(RawConnection connection)
    {
        var head = await connection.ReadBytesAsync(9);
        var payload = await connection.ReadBytesAsync((head[0] << 16) | (head[1] << 8) | head[2]);
        return (head[3], head[4], BinaryPrimitives.ReadInt32BigEndian(head.AsSpan(5)), payload);
    }
}
