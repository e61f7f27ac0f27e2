using System.Text;
using EventCluster.Edge.Tests.Server;

namespace EventCluster.Edge.Tests.Http;

/// <summary>Inputs that two readers could understand in two ways: refused with 400 or 415, never with 500, and nothing is done.</summary>
public sealed class AmbiguousRequestTests
{
    [Theory]
    [InlineData("gzip, chunked")]
    [InlineData("deflate,chunked")]
    [InlineData("identity, chunked")]
    public async Task Append_WithATransferCodingBeforeChunked_IsRefused(string coding)
    {
        await using var server = await EdgeServer.StartAsync();
        await server.CreateAsync("a", "text/plain");
        using var connection = await RawConnection.OpenAsync(server.Port);
        await connection.WriteAsync(Encoding.ASCII.GetBytes(
            $"POST /v1/stream/a HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/plain\r\nTransfer-Encoding: {coding}\r\n\r\n1\r\nx\r\n0\r\n\r\n"));

        Assert.Equal((415, "unsupported_encoding"), (await connection.ReadAnswerAsync()) is var answer ? (answer.Status, answer.Code) : default);
        Assert.Equal("", (await server.SendAsync("GET", "/v1/stream/a")).Text);
    }

    [Theory]
    [InlineData("%ff")]
    [InlineData("a%e2%82")]
    [InlineData("%zz")]
    [InlineData("%")]
    [InlineData("a%2F%2Fb")]
    public async Task Streams_NamesThatThePathRefuses_AreRefusedInTheQueryToo(string name)
    {
        await using var server = await EdgeServer.StartAsync();

        var path = await server.SendAsync("GET", $"/v1/stream/{name}");
        var query = await server.SendAsync("GET", $"/v1/streams?stream={name}");

        Assert.Equal((400, "invalid_name"), (path.Status, path.Code));
        Assert.Equal((400, "invalid_name"), (query.Status, query.Code));
    }

    [Theory]
    [InlineData("xn--")]
    [InlineData("xn--a")]
    [InlineData("xn--:80")]
    public async Task Create_ForAHostThatIsNoName_IsAnswered(string host)
    {
        await using var server = await EdgeServer.StartAsync(options => options.AllowedHosts = ["*"]);
        using var connection = await RawConnection.OpenAsync(server.Port);
        await connection.WriteAsync(Encoding.ASCII.GetBytes(
            $"PUT /v1/stream/a HTTP/1.1\r\nHost: {host}\r\nContent-Length: 0\r\n\r\n"));

        Assert.True((await connection.ReadAnswerAsync()).Status is 201 or 400);
    }

    [Theory]
    [InlineData("POST", "Content-Length: 3\r\nTransfer-Encoding: chunked")]
    [InlineData("POST", "Transfer-Encoding: chunked\r\nContent-Length: 8")]
    [InlineData("PUT", "Transfer-Encoding: chunked\r\nContent-Length: 0")]
    public async Task Change_WithTwoLengths_IsRefusedAndTheConnectionEnds(string method, string lengths)
    {
        await using var server = await EdgeServer.StartAsync();
        await server.CreateAsync("a", "text/plain");
        using var connection = await RawConnection.OpenAsync(server.Port);
        await connection.WriteAsync(
            $"{method} /v1/stream/{(method == "PUT" ? "b" : "a")} HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/plain\r\n{lengths}\r\n\r\n1\r\nx\r\n0\r\n\r\n");

        var answer = await connection.ReadAnswerAsync();
        Assert.Equal((400, "bad_request"), (answer.Status, answer.Code));
        Assert.Contains("exclude each other", answer.Text, StringComparison.Ordinal);
        Assert.Equal("close", answer["Connection"]);
        Assert.Equal("", (await server.SendAsync("GET", "/v1/stream/a")).Text);
        Assert.Equal(404, (await server.SendAsync("HEAD", "/v1/stream/b")).Status);
    }

    [Theory]
    [InlineData("If-Match: \"x\"")]
    [InlineData("If-None-Match: *")]
    [InlineData("If-Unmodified-Since: Sat, 31 Jan 2026 12:00:00 GMT")]
    [InlineData("If-Modified-Since: Sat, 31 Jan 2026 12:00:00 GMT")]
    [InlineData("Content-Range: bytes 0-0/1")]
    [InlineData("Stream-Closed: true\r\nStream-Closed: false")]
    public async Task Change_WithWhatWouldBeIgnored_IsRefused(string header)
    {
        await using var server = await EdgeServer.StartAsync();
        await server.CreateAsync("a", "text/plain");
        foreach (var (method, name, body) in ((string, string, string?)[])[("POST", "a", "x"), ("PUT", "b", "x"), ("DELETE", "a", null)])
        {
            var answer = await server.SendAsync(method, $"/v1/stream/{name}", body, ["Content-Type: text/plain", .. header.Split("\r\n")]);

            Assert.Equal((400, "bad_request"), (answer.Status, answer.Code));
            Assert.Contains(header.Split(':')[0], answer.Text, StringComparison.Ordinal);
        }

        Assert.Equal("", (await server.SendAsync("GET", "/v1/stream/a")).Text);
        Assert.Equal(404, (await server.SendAsync("HEAD", "/v1/stream/b")).Status);
    }

    /// <summary>A name that is encoded names the same parameter, as it does for whatever stands before the server.</summary>
    [Theory]
    [InlineData("/v1/stream/a?%6cimit=0")]
    [InlineData("/v1/stream/a?%6Fffset=junk")]
    [InlineData("/v1/stream/a?offset=-1&%6fffset=-1")]
    [InlineData("/v1/streams?%73tream=..")]
    [InlineData("/v1/streams?stream=a&cr%65dit=5")]
    [InlineData("/v1/admin/streams?%6cimit=0")]
    public async Task Read_WithAnEncodedParameterName_IsCheckedAsIfItWasNot(string url)
    {
        await using var server = await EdgeServer.StartAsync();
        await server.CreateAsync("a", "text/plain");

        Assert.Equal(400, (await server.SendAsync("GET", url)).Status);
    }

    [Theory]
    [InlineData("prefix=%ff", "invalid_name")]
    [InlineData("prefix=a%e2%82", "invalid_name")]
    [InlineData("prefix=%zz", "invalid_name")]
    [InlineData("prefix=%", "invalid_name")]
    [InlineData("after=%ff", "invalid_name")]
    [InlineData("after=%00", "invalid_name")]
    [InlineData("limit=%2b5", "bad_request")]
    [InlineData("limit=+5", "bad_request")]
    [InlineData("limit=5%20", "bad_request")]
    [InlineData("limit=0", "bad_request")]
    [InlineData("limit=5&limit=5", "bad_request")]
    [InlineData("prefix=a&prefix=a", "bad_request")]
    public async Task Listing_WithAQueryThatHasTwoReadings_IsRefused(string query, string code)
    {
        await using var server = await EdgeServer.StartAsync();
        await server.CreateAsync("a", "text/plain");

        var answer = await server.SendAsync("GET", $"/v1/admin/streams?{query}");

        Assert.Equal((400, code), (answer.Status, answer.Code));
    }

    [Theory]
    [InlineData("prefix=%C3%BC", true)]
    [InlineData("prefix=%c3%bc+x", true)]
    [InlineData("prefix=z", false)]
    public async Task Listing_WithAnEncodedPrefix_FindsIt(string query, bool finds)
    {
        await using var server = await EdgeServer.StartAsync();
        await server.CreateAsync("%C3%BC%20x", "text/plain");

        Assert.Equal(finds, (await server.SendAsync("GET", $"/v1/admin/streams?{query}")).Text.Contains("\\u00FC x", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("text/event-stream", true)]
    [InlineData("Text/Event-Stream; charset=utf-8", true)]
    [InlineData("text/html, text/event-stream;q=0.5", true)]
    [InlineData("text/event-stream;q=1", true)]
    [InlineData("text/event-stream;q=0", false)]
    [InlineData("text/event-stream; q=0.000, */*", false)]
    [InlineData("text/event-streams", false)]
    [InlineData("x-text/event-stream", false)]
    [InlineData("text/plain;x=text/event-stream", false)]
    public async Task Read_ByAccept_IsAnEventStreamOnlyWhenThatIsAsked(string accept, bool isEventStream)
    {
        await using var server = await EdgeServer.StartAsync();
        await server.CreateAsync("a", "text/plain");
        using var connection = await RawConnection.OpenAsync(server.Port);
        await connection.WriteRequestAsync("GET", "/v1/stream/a", null, $"Accept: {accept}");

        var answer = await connection.ReadHeadAsync();
        Assert.Equal(200, answer.Status);
        Assert.Equal(isEventStream ? "text/event-stream; charset=utf-8" : "text/plain", answer["Content-Type"]);
    }

    [Theory]
    [InlineData("GET", "/v1/signalr/negotiate", 405)]
    [InlineData("POST", "/v1/signalr?id=x", 404)]
    [InlineData("GET", "/v1/signalr?id=%00", 404)]
    [InlineData("GET", "/v1/signalr", 400)]
    [InlineData("POST", "/v1/signalr/negotiate?negotiateVersion=1", 200)]
    public async Task Hub_AnyAnswerOfItsPaths_IsKeptByNoCache(string method, string url, int status)
    {
        await using var server = await EdgeServer.StartAsync();

        var answer = await server.SendAsync(method, url);

        Assert.Equal(status, answer.Status);
        Assert.Contains("no-store", answer["Cache-Control"], StringComparison.Ordinal);
    }

    private static readonly string[] Paths =
    [
        "/v1/stream/a", "/v1/streams", "/v1/signalr", "/v1/signalr/negotiate", "/v1/admin/streams", "/healthz", "/readyz", "/", "/nothing",
    ];

    public static TheoryData<string, string> Targets
    {
        get
        {
            var table = new TheoryData<string, string>();
            foreach (var path in Paths)
            {
                foreach (var tail in (string[])
                [
                    "#", "#x", "?x#y", "?#", "/#/../../admin/streams", "?%ff=1", "?x=%ff", "?x=%c0%af", "?x=%e2%82", "?x=%ed%a0%80", "?x=%f5%80%80%80",
                    "?%00=1", "?%0a", "?a%7f=1", "?a=1&b%1f", "?x=%zz", "?x=%4", "?x=%", "?%", "?a=1&%ff", "?x=\u0001", "?x=\u007f",
                ])
                {
                    table.Add(path, tail);
                }
            }

            return table;
        }
    }

    /// <summary>Every endpoint, every method, HTTP/1.1 and HTTP/2: what has two readings is refused before anything else is done.</summary>
    [Theory]
    [MemberData(nameof(Targets))]
    public async Task Target_WithTwoReadings_IsRefusedEverywhere(string path, string tail)
    {
        await using var server = await EdgeServer.StartAsync();
        await server.CreateAsync("a", "text/plain");
        foreach (var method in (string[])["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS"])
        {
            using var connection = await RawConnection.OpenAsync(server.Port);
            await connection.WriteAsync($"{method} {path}{tail} HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/plain\r\nContent-Length: 0\r\n\r\n");

            var answer = await connection.ReadAnswerAsync(method);

            Assert.Equal((method, 400), (method, answer.Status));
            if (method != "HEAD")
            {
                Assert.Equal("bad_request", answer.Code);
            }
        }

        Assert.Equal("", (await server.SendAsync("GET", "/v1/stream/a")).Text);
    }

    [Theory]
    [InlineData("http://localhost/v1/stream/a", 200)]
    [InlineData("http://user@localhost/v1/stream/a", 400)]
    [InlineData("http://user:word@localhost/v1/stream/a", 400)]
    [InlineData("http://localhost#/v1/stream/a", 400)]
    public async Task Target_InAbsoluteForm_NamesNeitherUserNorFragment(string target, int status)
    {
        await using var server = await EdgeServer.StartAsync();
        await server.CreateAsync("a", "text/plain");
        using var connection = await RawConnection.OpenAsync(server.Port);
        await connection.WriteAsync($"GET {target} HTTP/1.1\r\nHost: localhost\r\n\r\n");

        Assert.Equal(status, (await connection.ReadAnswerAsync()).Status);
    }

    /// <summary>What is encoded as it should be is read, <c>+</c> and <c>%2B</c> apart.</summary>
    [Theory]
    [InlineData("/v1/stream/a?x=%C3%BC&y=%F0%9F%98%80&z=%25&%E2%82%AC=1&empty=&none&=&&a=b?c=d/e")]
    [InlineData("/v1/streams?stream=a&x=%2B+%20")]
    [InlineData("/v1/stream/a?offset=%2d1")]
    public async Task Target_WithEncodedText_IsServed(string target)
    {
        await using var server = await EdgeServer.StartAsync();
        await server.CreateAsync("a", "text/plain");
        using var connection = await RawConnection.OpenAsync(server.Port);
        await connection.WriteRequestAsync("GET", target, null);

        Assert.Equal(200, (await connection.ReadHeadAsync()).Status);
    }

    [Theory]
    [InlineData("a+b", "a b")]
    [InlineData("a%20b", "a b")]
    [InlineData("a%2Bb", "a+b")]
    [InlineData("a%2bb", "a+b")]
    public async Task Streams_PlusInTheQuery_IsASpaceAndItsCodeIsAPlus(string written, string name)
    {
        await using var server = await EdgeServer.StartAsync();
        await server.CreateAsync(Uri.EscapeDataString(name), "text/plain");
        using var connection = await RawConnection.OpenAsync(server.Port);
        await connection.WriteRequestAsync("GET", $"/v1/streams?stream={written}", null);

        Assert.Equal(200, (await connection.ReadHeadAsync()).Status);
    }

    [Theory]
    [InlineData("localhost:99999", 400)]
    [InlineData("localhost:65536", 400)]
    [InlineData("localhost:0", 400)]
    [InlineData("localhost:123456789012345678901234567890", 400)]
    [InlineData("[::1]:70000", 400)]
    [InlineData("127.0.0.1:99999", 400)]
    [InlineData("other.example:99999", 400)]
    [InlineData("localhost:65535", 200)]
    [InlineData("localhost:1", 200)]
    [InlineData("localhost:00080", 200)]
    [InlineData("[::1]:80", 200)]
    [InlineData("localhost", 200)]
    [InlineData("other.example:80", 421)]
    public async Task Host_WithAPortThatIsNone_IsRefused(string host, int status)
    {
        await using var server = await EdgeServer.StartAsync();
        await server.CreateAsync("a", "text/plain");
        foreach (var path in (string[])["/v1/stream/a", "/v1/admin/streams"])
        {
            using var connection = await RawConnection.OpenAsync(server.Port);
            await connection.WriteAsync($"GET {path} HTTP/1.1\r\nHost: {host}\r\n\r\n");

            Assert.Equal(status, (await connection.ReadAnswerAsync()).Status);
        }
    }

    /// <summary>A line ends with CR LF: something before the server may take a bare LF for a part of a line.</summary>
    [Theory]
    [InlineData("GET /v1/stream/a HTTP/1.1\nHost: localhost\n\n")]
    [InlineData("GET /v1/stream/a HTTP/1.1\nHost: localhost\r\n\r\n")]
    [InlineData("GET /v1/stream/a HTTP/1.1\r\nHost: localhost\nX: y\r\n\r\n")]
    [InlineData("GET /v1/stream/a HTTP/1.1\r\nHost: localhost\r\n\n")]
    [InlineData("GET /v1/stream/a HTTP/1.1\r\nHost: localhost\r\nX: y\n\r\n")]
    [InlineData("GET /v1/stream/a HTTP/1.1\r\nHost: localhost\r\nX: a\rb\r\n\r\n")]
    [InlineData("GET /v1/stream/a HTTP/1.1\rHost: localhost\r\n\r\n")]
    [InlineData("POST /v1/stream/a HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n1\nx\n0\n\n")]
    [InlineData("POST /v1/stream/a HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n1;e\nx\r\n0\r\n\r\n")]
    [InlineData("POST /v1/stream/a HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\nT: u\n\n")]
    public async Task Request_WithABareLineFeed_IsRefused(string request)
    {
        await using var server = await EdgeServer.StartAsync();
        await server.CreateAsync("a", "text/plain");
        using var connection = await RawConnection.OpenAsync(server.Port);
        await connection.WriteAsync(request);

        Assert.Equal(400, (await connection.ReadAnswerAsync()).Status);
        Assert.Equal("", (await server.SendAsync("GET", "/v1/stream/a")).Text);
    }
}
