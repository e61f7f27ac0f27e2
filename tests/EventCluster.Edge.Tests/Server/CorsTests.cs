using EventCluster.Edge.Http;
using EventCluster.Edge.Tests.WebSockets;

namespace EventCluster.Edge.Tests.Server;

/// <summary>What pages of other origins may do, over the wire: headers, credentials, and the reason for a refusal.</summary>
public sealed class CorsTests
{
    private const string Listed = "https://app.example";
    private const string Other = "https://evil.example";

    /// <summary>Every path that a page asks, with a method that it answers.</summary>
    private static readonly (string Method, string Path)[] Requests =
    [
        ("GET", "/v1/stream/a"), ("GET", "/v1/stream/a?live=sse&offset=-1"), ("GET", "/v1/stream/a?live=eventsource"),
        ("GET", "/v1/stream/a?live=long-poll&offset=-1"), ("HEAD", "/v1/stream/a"), ("GET", "/v1/stream/missing"),
        ("GET", "/v1/stream/a?offset=x"), ("GET", "/v1/streams?stream=a"), ("POST", "/v1/stream/a"), ("PUT", "/v1/stream/a"),
        ("DELETE", "/v1/stream/a"), ("PATCH", "/v1/stream/a"), ("GET", "/v1/admin/streams"), ("GET", "/v1/nothing"), ("GET", "/"),
        ("POST", "/v1/signalr/negotiate?negotiateVersion=1"),
    ];

    public static TheoryData<string, string> Table
    {
        get
        {
            var table = new TheoryData<string, string>();
            foreach (var (method, path) in Requests)
            {
                table.Add(method, path);
            }

            return table;
        }
    }

    [Theory]
    [MemberData(nameof(Table))]
    public async Task Send_FromListedOrigins_AllowsCredentialsAndNamesTheHeaders(string method, string path)
    {
        await using var server = await EdgeServer.StartAsync(options => options.CorsAllowedOrigins = [Listed, "capacitor://localhost"]);
        await server.CreateAsync("a", "text/plain", "x");
        foreach (var origin in (string[])[Listed, "capacitor://localhost"])
        {
            var head = await HeadAsync(server, method, path, origin);
            Assert.Equal((origin, "true"), (head["Access-Control-Allow-Origin"], head["Access-Control-Allow-Credentials"]));
            var exposed = head["Access-Control-Expose-Headers"].Split(", ");

            // With credentials "*" is a name like others, so what the page reads must be named.
            foreach (var name in (string[])["Stream-Next-Offset", "Stream-Closed", "Retry-After", "ETag", "Location", "Stream-Cursor"])
            {
                if (head.Find(name) is not null)
                {
                    Assert.Contains(name, exposed);
                }
            }
        }
    }

    [Theory]
    [MemberData(nameof(Table))]
    public async Task Send_UnderStarOrNull_NeverAllowsCredentials(string method, string path)
    {
        foreach (var (allowed, origin) in ((string, string)[])[("*", Other), ("*", "null"), ("null", "null")])
        {
            await using var server = await EdgeServer.StartAsync(options => options.CorsAllowedOrigins = [allowed]);
            await server.CreateAsync("a", "text/plain", "x");
            var head = await HeadAsync(server, method, path, origin);
            Assert.Equal((origin, "*"), (head["Access-Control-Allow-Origin"], head["Access-Control-Expose-Headers"]));
            Assert.Null(head.Find("Access-Control-Allow-Credentials"));
            var preflight = await PreflightAsync(server, path, origin, "baggage");
            Assert.Null(preflight.Find("Access-Control-Allow-Credentials"));
        }
    }

    [Theory]
    [MemberData(nameof(Table))]
    public async Task Send_FromOtherOrigins_Is403ThatNamesTheOption(string method, string path)
    {
        foreach (var origin in (string[])[Other, "null", "capacitor://localhost", Listed + ":8443", "http://app.example"])
        {
            await using var server = await EdgeServer.StartAsync(options => options.CorsAllowedOrigins = [Listed]);
            await server.CreateAsync("a", "text/plain", "x");
            var head = await HeadAsync(server, method, path, origin);
            Assert.Equal(403, head.Status);
            Assert.Null(head.Find("Access-Control-Allow-Origin"));
            Assert.Null(head.Find("Access-Control-Allow-Credentials"));
            Assert.Equal("no-store", head["Cache-Control"]);
            if (method != "HEAD")
            {
                var answer = await server.SendAsync(method, path, null, $"Origin: {origin}");
                Assert.Equal("origin_not_allowed", answer.Code);
                var detail = answer.Problem.GetProperty("detail").GetString()!;
                Assert.Contains("EventCluster:Cors:AllowedOrigins", detail, StringComparison.Ordinal);
                Assert.Contains(origin, detail, StringComparison.Ordinal);
            }

            Assert.Equal("x", (await server.SendAsync("GET", "/v1/stream/a")).Text);
        }
    }

    [Theory]
    [MemberData(nameof(Table))]
    public async Task Preflight_FromAListedOrigin_GetsTheHeadersThatItAsksFor(string method, string path)
    {
        await using var server = await EdgeServer.StartAsync(options => options.CorsAllowedOrigins = [Listed]);
        await server.CreateAsync("a", "text/plain", "x");
        foreach (var asked in (string[])["baggage,sentry-trace", "traceparent, tracestate", "x-datadog-origin", "x.y!#$%&'*+-.^_`|~z"])
        {
            var answer = await PreflightAsync(server, path, Listed, asked, method);
            Assert.Equal((204, asked), (answer.Status, answer["Access-Control-Allow-Headers"]));
            Assert.Equal((Listed, "true"), (answer["Access-Control-Allow-Origin"], answer["Access-Control-Allow-Credentials"]));
            Assert.Contains("Access-Control-Request-Headers", answer["Vary"], StringComparison.Ordinal);
        }

        foreach (var strange in (string?[])[null, "", "x: y", "x;y", new string('x', EdgeLimits.MaxEchoedHeaderBytes + 1)])
        {
            var answer = await PreflightAsync(server, path, Listed, strange, method);
            Assert.Equal(204, answer.Status);
            Assert.Contains("Last-Event-ID", answer["Access-Control-Allow-Headers"], StringComparison.Ordinal);
        }
    }

    [Theory]
    [MemberData(nameof(Table))]
    public async Task Preflight_FromAnotherOrigin_Is204WithTheUsualListAndWithoutAnOrigin(string method, string path)
    {
        await using var server = await EdgeServer.StartAsync(options => options.CorsAllowedOrigins = [Listed]);
        var answer = await PreflightAsync(server, path, Other, "baggage", method);
        Assert.Equal(204, answer.Status);
        Assert.Null(answer.Find("Access-Control-Allow-Origin"));
        Assert.Null(answer.Find("Access-Control-Allow-Credentials"));
        Assert.DoesNotContain("baggage", answer["Access-Control-Allow-Headers"], StringComparison.Ordinal);
        Assert.Contains("Last-Event-ID", answer["Access-Control-Allow-Headers"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task WebSocket_FromAnotherOrigin_IsRefusedAndFromAListedOneOpened()
    {
        await using var server = await EdgeServer.StartAsync(options => options.CorsAllowedOrigins = ["capacitor://localhost"]);
        await server.CreateAsync("a", "text/plain", "x");
        using var socket = await SocketClient.ConnectAsync(server, "/v1/stream/a", origin: "capacitor://localhost");
        await socket.ExpectAsync("hello");
        await Assert.ThrowsAsync<System.Net.WebSockets.WebSocketException>(() => SocketClient.ConnectAsync(
            server, "/v1/stream/a", origin: Other));
    }

    [Fact]
    public void Refusals_AreLoggedOncePerOriginAndBounded()
    {
        var logger = new LineLog<RefusedOrigins>();
        var refused = new RefusedOrigins(logger);
        for (var round = 0; round < 3; round++)
        {
            refused.Note(Other);
            refused.Note(Other.ToUpperInvariant());
            refused.Note("null");
        }

        Assert.Equal(2, logger.Lines.Count);
        Assert.Contains(Other, logger.Lines[0], StringComparison.Ordinal);
        Assert.Contains("EventCluster:Cors:AllowedOrigins", logger.Lines[0], StringComparison.Ordinal);

        refused.Note("x\r\n\u2028" + new string('y', 100_000));
        Assert.InRange(logger.Lines[2].Length, 1, 500);
        Assert.DoesNotContain(logger.Lines[2], static c => c is < ' ' or > '~');
        for (var i = 0; i < 10_000; i++)
        {
            refused.Note($"https://{i}.example");
        }

        Assert.Equal(EdgeLimits.MaxToldOrigins + 1, logger.Lines.Count);
    }

    private static Task<Answer> PreflightAsync(EdgeServer server, string path, string origin, string? asked, string method = "GET")
    {
        List<string> headers = [$"Origin: {origin}", $"Access-Control-Request-Method: {method}"];
        if (asked is not null)
        {
            headers.Add($"Access-Control-Request-Headers: {asked}");
        }

        return server.SendAsync("OPTIONS", path, null, [.. headers]);
    }

    /// <summary>The head of the answer alone: some of them never end.</summary>
    private static async Task<Answer> HeadAsync(EdgeServer server, string method, string path, string origin)
    {
        using var connection = await RawConnection.OpenAsync(server.Port);
        await connection.WriteRequestAsync(method, path, method is "POST" or "PUT" ? [] : null, $"Origin: {origin}");
        return await connection.ReadHeadAsync();
    }
}
