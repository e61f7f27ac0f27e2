using System.Text;
using EventCluster.Protocol;

namespace EventCluster.Edge.Tests.Server;

/// <summary>
/// Whatever is sent, the answer is a clear 4xx, the server stays up, and a neighbour stream is untouched. Requests are
/// written byte by byte, since client libraries would refuse to send most of them.
/// </summary>
public sealed class BadInputTests
{
    private const string Json = "Content-Type: application/json\r\n";

    [Theory]
    [InlineData("/v1/stream/")]
    [InlineData("/v1/stream//")]
    [InlineData("/v1/stream/a/")]
    [InlineData("/v1/stream//a")]
    [InlineData("/v1/stream/a//b")]
    [InlineData("/v1/stream/a%2F%2Fb")]
    [InlineData("/v1/stream/.")]
    [InlineData("/v1/stream/..")]
    [InlineData("/v1/stream/a/../b")]
    [InlineData("/v1/stream/%2e%2e")]
    [InlineData("/v1/stream/__ds/subscriptions/x")]
    [InlineData("/v1/stream/a/__b")]
    [InlineData("/v1/stream/a%5Cb")]
    [InlineData("/v1/stream/a\\b")]
    [InlineData("/v1/stream/a%0Db")]
    [InlineData("/v1/stream/a%0Ab")]
    [InlineData("/v1/stream/a%7F")]
    [InlineData("/v1/stream/a%C2%85")]
    [InlineData("/v1/stream/%C3%28")]
    [InlineData("/v1/stream/%ED%A0%80")]
    [InlineData("/v1/stream/a%")]
    [InlineData("/v1/stream/a%2")]
    [InlineData("/v1/stream/a%zz")]
    public async Task Send_MalformedName_Is400OnEveryMethod(string target)
    {
        await using var server = await StartAsync();
        foreach (var method in new[] { "PUT", "POST", "GET", "HEAD", "DELETE" })
        {
            var answer = await server.SendAsync(method, target, method is "PUT" or "POST" ? "1" : null, Json.TrimEnd());
            Assert.Equal(400, answer.Status);
            if (method != "HEAD" && answer.Body.Length > 0)
            {
                Assert.Equal("invalid_name", answer.Code);
            }
        }

        await AssertUntouchedAsync(server);
    }

    [Fact]
    public async Task Send_NameAtTheLimitAndOneAbove_AcceptsThenRefuses()
    {
        await using var server = await StartAsync();
        var longest = string.Concat(Enumerable.Repeat("%C3%A9", ProtocolLimits.MaxStreamNameBytes / 2));
        Assert.Equal(201, (await server.SendAsync("PUT", $"/v1/stream/{longest}", null, Json.TrimEnd())).Status);
        var refused = await server.SendAsync("PUT", $"/v1/stream/{longest}x", null, Json.TrimEnd());
        Assert.Equal((400, "invalid_name"), (refused.Status, refused.Code));
        await AssertUntouchedAsync(server);
    }

    [Theory]
    [InlineData("GET /v1/stream/neighbour%00 HTTP/1.1\r\nHost: localhost\r\n\r\n")]
    [InlineData("GET /v1/stream/neighbour\0 HTTP/1.1\r\nHost: localhost\r\n\r\n")]
    [InlineData("GET /v1/stream/neighbour\u0001 HTTP/1.1\r\nHost: localhost\r\n\r\n", 400, 200)]
    [InlineData("GET /v1/stream/neighbour HTTP/1.1\r\nHost: localhost\r\nX: a\0b\r\n\r\n")]
    [InlineData("GET /v1/stream/neighbour HTTP/1.1\r\nHost: localhost\r\nX: a\rb\r\n\r\n")]
    [InlineData("GET /v1/stream/neighbour HTTP/1.1\r\nHost: localhost\r\nX y: a\r\n\r\n")]
    [InlineData("GET /v1/stream/neighbour HTTP/1.1\r\n\r\n")]
    [InlineData("GET /v1/stream/neighbour HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n")]
    [InlineData("GET /v1/stream/neighbour HTTP/9.9\r\nHost: localhost\r\n\r\n", 505, 505)]
    [InlineData("GE\rT /v1/stream/neighbour HTTP/1.1\r\nHost: localhost\r\n\r\n")]
    [InlineData("nonsense\r\n\r\n")]
    [InlineData("POST /v1/stream/neighbour HTTP/1.1\r\nHost: localhost\r\n" + Json + "Content-Length: -1\r\n\r\n")]
    [InlineData("POST /v1/stream/neighbour HTTP/1.1\r\nHost: localhost\r\n" + Json + "Content-Length: x\r\n\r\n")]
    [InlineData("POST /v1/stream/neighbour HTTP/1.1\r\nHost: localhost\r\n" + Json + "Content-Length: 1\r\nContent-Length: 2\r\n\r\n12")]
    [InlineData("POST /v1/stream/neighbour HTTP/1.1\r\nHost: localhost\r\n" + Json + "Transfer-Encoding: chunked\r\n\r\nzz\r\n")]
    [InlineData("POST /v1/stream/neighbour HTTP/1.1\r\nHost: localhost\r\n" + Json + "Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n")]
    [InlineData("POST /v1/stream/neighbour HTTP/1.1\r\nHost: localhost\r\n" + Json + "Transfer-Encoding: gzip\r\n\r\n")]
    public async Task Write_BrokenHttp_Is4xx(string request, int min = 400, int max = 431)
    {
        await using var server = await StartAsync();
        using var connection = await RawConnection.OpenAsync(server.Port);
        await connection.WriteAsync(request);
        Assert.InRange((await connection.ReadHeadAsync()).Status, Math.Min(min, max), Math.Max(min, max));
        await AssertUntouchedAsync(server);
    }

    [Fact]
    public async Task Write_BrokenChunk_TheAnswerSaysThatTheConnectionEnds()
    {
        await using var server = await StartAsync();
        using var connection = await RawConnection.OpenAsync(server.Port);
        await connection.WriteAsync(
            $"POST /v1/stream/neighbour HTTP/1.1\r\nHost: localhost\r\n{Json}Transfer-Encoding: chunked\r\n\r\nzz\r\n");
        var answer = await connection.ReadHeadAsync();
        Assert.Equal((400, "close"), (answer.Status, answer["Connection"]));
        await AssertUntouchedAsync(server);
    }

    [Fact]
    public async Task Write_TenThousandHeaders_Is431()
    {
        await using var server = await StartAsync();
        using var connection = await RawConnection.OpenAsync(server.Port);
        var headers = string.Concat(Enumerable.Range(0, 10_000).Select(i => $"X-{i}: {i}\r\n"));
        try
        {
            await connection.WriteAsync($"GET /v1/stream/neighbour HTTP/1.1\r\nHost: localhost\r\n{headers}\r\n");
        }
        catch (System.Net.Sockets.SocketException)
        {
            // The server answered and closed before everything was sent.
        }

        try
        {
            Assert.Equal(431, (await connection.ReadHeadAsync()).Status);
        }
        catch (System.Net.Sockets.SocketException)
        {
            // The reset overtook the answer; that the server stays up is checked below.
        }

        await AssertUntouchedAsync(server);
    }

    [Fact]
    public async Task Write_HundredAndOneHeaders_Is431()
    {
        await using var server = await StartAsync();
        var headers = Enumerable.Range(0, EdgeLimits.MaxRequestHeaders - 1).Select(i => $"X-{i}: {i}").ToList();
        Assert.Equal(200, (await server.SendAsync("GET", "/v1/stream/neighbour", null, [.. headers])).Status);
        using var connection = await RawConnection.OpenAsync(server.Port);
        await connection.WriteRequestAsync("GET", "/v1/stream/neighbour", null, [.. headers, "X-One-More: 1"]);
        Assert.Equal(431, (await connection.ReadHeadAsync()).Status);
        await AssertUntouchedAsync(server);
    }

    [Fact]
    public async Task Write_RequestLineAboveTheLimit_Is414()
    {
        await using var server = await StartAsync();
        using var connection = await RawConnection.OpenAsync(server.Port);
        await connection.WriteAsync($"GET /v1/stream/{new string('a', EdgeLimits.MaxRequestLineBytes)}");
        Assert.Equal(414, (await connection.ReadHeadAsync()).Status);
        await AssertUntouchedAsync(server);
    }

    [Theory]
    [InlineData("Stream-TTL: 99999999999999999999")]
    [InlineData("Stream-TTL: 3162240001")]
    [InlineData("Stream-TTL: 1\r\nStream-TTL: 2")]
    [InlineData("Stream-Expires-At: 99999-01-01T00:00:00Z")]
    [InlineData("Stream-Expires-At: 2030-13-01T00:00:00Z")]
    [InlineData("Stream-Retain-Age: 1e9")]
    [InlineData("Stream-Forked-From: /v1/stream/../neighbour")]
    [InlineData("Stream-Forked-From: /v1/stream/neighbour\r\nStream-Fork-Offset: 0000001000000000000v\r\nStream-Fork-Sub-Offset: x")]
    [InlineData("Content-Type: text")]
    [InlineData("Content-Type: text/pl\u00e4in")]
    [InlineData("Content-Type: text/plain, application/json")]
    public async Task Put_AbsurdHeader_Is400AndCreatesNothing(string headers)
    {
        await using var server = await StartAsync();
        var answer = await server.SendAsync("PUT", "/v1/stream/new", "1", headers.Split("\r\n"));
        Assert.Equal(400, answer.Status);
        Assert.Equal(404, (await server.SendAsync("HEAD", "/v1/stream/new")).Status);
        await AssertUntouchedAsync(server);
    }

    [Theory]
    [InlineData("Content-Type: text/plain", "x", 409)]
    [InlineData("Content-Type: application/json", "{", 400)]
    [InlineData("Content-Type: application/json", "\"\u0000\"", 400)]
    [InlineData("Content-Type: application/json", "\u00ff", 400)]
    [InlineData("X: no content type", "1", 400)]
    [InlineData("Content-Type: application/json\r\nProducer-Id: p", "1", 400)]
    [InlineData("Content-Type: application/json\r\nProducer-Id: p\r\nProducer-Epoch: 9007199254740992\r\nProducer-Seq: 0", "1", 400)]
    [InlineData("Content-Type: application/json\r\nStream-Expected-Offset: -1", "1", 400)]
    [InlineData("Content-Type: application/json\r\nStream-Seq: ", "1", 400)]
    [InlineData("Content-Type: application/json\r\nStream-Trim-Before: now", "", 400)]
    [InlineData("Content-Type: application/json\r\nContent-Encoding: gzip", "1", 415)]
    public async Task Post_BadRequest_Is4xxAndAppendsNothing(string headers, string body, int status)
    {
        await using var server = await StartAsync();
        using var connection = await RawConnection.OpenAsync(server.Port);
        var answer = await connection.SendAsync(
            "POST", "/v1/stream/neighbour", Encoding.Latin1.GetBytes(body), headers.Split("\r\n"));
        Assert.Equal(status, answer.Status);
        Assert.NotEmpty(answer.Problem.GetProperty("detail").GetString()!);
        await AssertUntouchedAsync(server);
    }

    [Fact]
    public async Task Post_BodyAtTheLimitAndOneAbove_AcceptsThenAnswers413()
    {
        await using var server = await StartAsync();
        Assert.Equal(201, (await server.SendAsync("PUT", "/v1/stream/big", null, Json.TrimEnd())).Status);
        var element = new string('1', ProtocolLimits.MaxEventBytes - 2);
        var body = Encoding.ASCII.GetBytes($"[{string.Join(',', Enumerable.Repeat(element, 8))}]".PadRight(ProtocolLimits.MaxRequestBodyBytes));
        Assert.Equal(ProtocolLimits.MaxRequestBodyBytes, body.Length);
        using var connection = await RawConnection.OpenAsync(server.Port);
        Assert.Equal(204, (await connection.SendAsync("POST", "/v1/stream/big", body, Json.TrimEnd())).Status);

        var refused = await connection.SendAsync("POST", "/v1/stream/big", [.. body, (byte)' '], Json.TrimEnd());
        Assert.Equal((413, "too_large"), (refused.Status, refused.Code));
        Assert.Contains("8388608", refused.Problem.GetProperty("detail").GetString(), StringComparison.Ordinal);

        // The same without a Content-Length, on the same connection, which is still in step.
        await connection.WriteAsync($"POST /v1/stream/big HTTP/1.1\r\nHost: localhost\r\n{Json}Transfer-Encoding: chunked\r\n\r\n");
        await connection.WriteAsync($"{body.Length + 1:x}\r\n");
        await connection.WriteAsync([.. body, (byte)' ']);
        await connection.WriteAsync("\r\n0\r\n\r\n");
        Assert.Equal(413, (await connection.ReadAnswerAsync()).Status);
        Assert.EndsWith("8", (await connection.SendAsync("HEAD", "/v1/stream/big", null))["Stream-Next-Offset"], StringComparison.Ordinal);
        await AssertUntouchedAsync(server);
    }

    [Fact]
    public async Task Post_ExpectContinueAboveTheLimit_IsRefusedBeforeTheBody()
    {
        await using var server = await StartAsync();
        using var connection = await RawConnection.OpenAsync(server.Port);
        await connection.WriteAsync(
            $"POST /v1/stream/neighbour HTTP/1.1\r\nHost: localhost\r\n{Json}Content-Length: 99999999\r\nExpect: 100-continue\r\n\r\n");
        Assert.Equal(413, (await connection.ReadAnswerAsync()).Status);
        await AssertUntouchedAsync(server);
    }

    [Theory]
    [InlineData("Content-Length: 10\r\n\r\n[1,2")]
    [InlineData("Content-Length: 10\r\n\r\n")]
    [InlineData("Transfer-Encoding: chunked\r\n\r\n3\r\n[1]\r\n")]
    [InlineData("Transfer-Encoding: chunked\r\n\r\n9\r\n[1]")]
    public async Task Post_HalfABodyThenReset_LeavesNothing(string rest)
    {
        await using var server = await StartAsync();
        for (var i = 0; i < 5; i++)
        {
            var connection = await RawConnection.OpenAsync(server.Port);
            await connection.WriteAsync($"POST /v1/stream/neighbour HTTP/1.1\r\nHost: localhost\r\n{Json}{rest}");
            connection.Reset();
        }

        await AssertUntouchedAsync(server);
    }

    [Fact]
    public async Task Post_ChunkedBody_IsReadWhole()
    {
        await using var server = await StartAsync();
        Assert.Equal(201, (await server.SendAsync("PUT", "/v1/stream/chunks", null, Json.TrimEnd())).Status);
        using var connection = await RawConnection.OpenAsync(server.Port);
        await connection.WriteAsync($"POST /v1/stream/chunks HTTP/1.1\r\nHost: localhost\r\n{Json}Transfer-Encoding: chunked\r\n\r\n");
        foreach (var chunk in new[] { "[1", ",2", "]" })
        {
            await connection.WriteAsync($"{chunk.Length:x}\r\n{chunk}\r\n");
        }

        await connection.WriteAsync("0\r\n\r\n");
        Assert.Equal(204, (await connection.ReadAnswerAsync()).Status);
        Assert.Equal("[1,2]", (await server.SendAsync("GET", "/v1/stream/chunks")).Text);
    }

    /// <summary>Random bytes where requests should be: the server answers or closes, and never fails.</summary>
    [Fact]
    public async Task Write_Noise_NeverHurtsTheServer()
    {
        await using var server = await StartAsync();
        var random = new Random(11);
        for (var i = 0; i < 60; i++)
        {
            using var connection = await RawConnection.OpenAsync(server.Port);
            var noise = new byte[random.Next(1, 300)];
            random.NextBytes(noise);
            var request = Encoding.Latin1.GetBytes(
                $"POST /v1/stream/neighbour HTTP/1.1\r\nHost: localhost\r\n{Json}Stream-Expected-Offset: 0\r\n\r\n");
            noise.AsSpan(0, Math.Min(noise.Length, 20)).CopyTo(request.AsSpan(random.Next(0, request.Length - 20)));
            await connection.WriteAsync(request);
            await connection.WriteAsync(noise);
        }

        await AssertUntouchedAsync(server);
    }

    private static async Task<EdgeServer> StartAsync()
    {
        var server = await EdgeServer.StartAsync();
        await server.CreateAsync("neighbour", "application/json", "[\"untouched\"]");
        return server;
    }

    private static async Task AssertUntouchedAsync(EdgeServer server)
    {
        var answer = await server.SendAsync("GET", "/v1/stream/neighbour");
        Assert.Equal((200, "[\"untouched\"]"), (answer.Status, answer.Text));
        Assert.Equal("00000010000000000001", answer["Stream-Next-Offset"]);
    }
}
