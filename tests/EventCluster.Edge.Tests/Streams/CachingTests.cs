using EventCluster.Edge.Tests.Server;

namespace EventCluster.Edge.Tests.Streams;

/// <summary>CORRECTNESS rule 20, as a table over the wire.</summary>
public sealed class CachingTests
{
    [Theory]
    [InlineData("", "no-cache")]
    [InlineData("?offset=-1", "no-cache")]
    [InlineData("?offset=-1&limit=1", "private, max-age=60")]
    [InlineData("?offset=-1&limit=2", "private, max-age=60")]
    [InlineData("?offset=-1&limit=3", "no-cache")]
    [InlineData("?offset=00000010000000000001&limit=1", "private, max-age=60")]
    [InlineData("?offset=00000010000000000002&limit=1", "no-cache")]
    [InlineData("?offset=00000010000000000001", "no-cache")]
    [InlineData("?offset=-1&live=long-poll", "no-cache")]
    [InlineData("?offset=-1&live=long-poll&cursor=7", "no-cache")]
    [InlineData("?offset=-1&live=long-poll&limit=1", "private, max-age=60")]
    [InlineData("?offset=00000010000000000003", "no-cache")]
    [InlineData("?last=2", "no-cache")]
    [InlineData("?last=2&limit=1", "no-cache")]
    public async Task Get_WithTag_IsKeptByTheRule(string query, string expected)
    {
        await using var server = await EdgeServer.StartAsync();
        await server.CreateAsync("a", "application/json", "[1,2,3]");
        var answer = await server.SendAsync("GET", "/v1/stream/a" + query);
        Assert.Equal((200, expected), (answer.Status, answer["Cache-Control"]));
        Assert.Equal("Accept, Origin", answer["Vary"]);
        var again = await server.SendAsync("GET", "/v1/stream/a" + query, null, $"If-None-Match: {answer["ETag"]}");
        Assert.Equal((304, expected, answer["ETag"]), (again.Status, again["Cache-Control"], again["ETag"]));
        Assert.Equal(answer["Stream-Next-Offset"], again["Stream-Next-Offset"]);
        Assert.Equal("Accept, Origin", again["Vary"]);
    }

    [Theory]
    [InlineData("/v1/admin/streams", 200)]
    [InlineData("/healthz", 200)]
    [InlineData("/nothing", 404)]
    [InlineData("/v1/stream/a//b", 400)]
    public async Task Get_OfAnythingElse_VariesToo(string target, int status)
    {
        await using var server = await EdgeServer.StartAsync();
        var answer = await server.SendAsync("GET", target);
        Assert.Equal((status, "Accept, Origin"), (answer.Status, answer["Vary"]));
    }

    [Theory]
    [InlineData("a?offset=now", 200)]
    [InlineData("a?offset=00000010000000000003&live=long-poll&wait=1", 204)]
    [InlineData("a?offset=x", 400)]
    [InlineData("none", 404)]
    [InlineData("a?offset=00000010000000000004", 410)]
    public async Task Get_AnswerOfTheMoment_IsNeverStored(string target, int status)
    {
        await using var server = await EdgeServer.StartAsync();
        await server.CreateAsync("a", "application/json", "[1,2,3]");
        var waiting = server.SendAsync("GET", "/v1/stream/" + target);
        if (status == 204)
        {
            await server.ParkedAsync(1);
            server.Time.Advance(TimeSpan.FromSeconds(1));
        }

        var answer = await waiting;
        Assert.Equal((status, "no-store"), (answer.Status, answer["Cache-Control"]));
        Assert.Null(answer.Find("ETag"));
        Assert.Equal("Accept, Origin", answer["Vary"]);
    }

    [Theory]
    [InlineData(CachePolicy.Public, "?limit=1", "public, max-age=60")]
    [InlineData(CachePolicy.Private, "?limit=1", "private, max-age=60")]
    [InlineData(CachePolicy.NoStore, "?limit=1", "no-store")]
    [InlineData(CachePolicy.Public, "", "no-cache")]
    [InlineData(CachePolicy.Private, "", "no-cache")]
    [InlineData(CachePolicy.NoStore, "", "no-store")]
    [InlineData(CachePolicy.Public, "?offset=-1&live=long-poll&cursor=7", "public, max-age=1")]
    [InlineData(CachePolicy.Public, "?offset=-1&live=long-poll", "no-cache")]
    [InlineData(CachePolicy.Public, "?offset=-1&cursor=7", "no-cache")]
    [InlineData(CachePolicy.NoStore, "?offset=-1&live=long-poll&cursor=7", "no-store")]
    public async Task Get_Data_FollowsTheOption(CachePolicy policy, string query, string expected)
    {
        await using var server = await EdgeServer.StartAsync(options => options.Caching = policy);
        await server.CreateAsync("a", "application/json", "[1,2]");
        Assert.Equal(expected, (await server.SendAsync("GET", "/v1/stream/a" + query))["Cache-Control"]);
    }

    /// <summary>Whatever a cache keeps by these headers, a later request is never told that an append did not happen.</summary>
    [Theory]
    [InlineData("")]
    [InlineData("?offset=-1")]
    [InlineData("?limit=1")]
    [InlineData("?limit=2")]
    [InlineData("?limit=3")]
    [InlineData("?last=1")]
    [InlineData("?last=10")]
    [InlineData("?offset=now")]
    [InlineData("?offset=00000010000000000001")]
    [InlineData("?offset=00000010000000000002")]
    [InlineData("?offset=-1&live=long-poll")]
    [InlineData("?offset=-1&live=long-poll&cursor=1")]
    public async Task Get_AnswerThatReachesTheTail_IsRevalidatedAndSeesTheAppend(string query)
    {
        await using var server = await EdgeServer.StartAsync();
        await server.CreateAsync("a", "application/json", "[1,2]");
        var first = await server.SendAsync("GET", "/v1/stream/a" + query);
        var reachesTheTail = first.Find("Stream-Up-To-Date") is not null;
        Assert.Equal(!reachesTheTail, first["Cache-Control"].Contains("max-age", StringComparison.Ordinal));
        await server.AppendAsync("a", "application/json", "3");
        var second = first.Find("ETag") is { } tag
            ? await server.SendAsync("GET", "/v1/stream/a" + query, null, $"If-None-Match: {tag}")
            : await server.SendAsync("GET", "/v1/stream/a" + query);
        if (reachesTheTail)
        {
            Assert.Equal(200, second.Status);
            Assert.True(
                second["Stream-Next-Offset"] != first["Stream-Next-Offset"] || second.Find("Stream-Up-To-Date") is null,
                second.HeaderBlock);
        }
        else
        {
            Assert.Equal(304, second.Status);
        }
    }

    [Theory]
    [InlineData(100, 20_000, "private, max-age=60")]
    [InlineData(2, 900_000, "private, max-age=60")]
    [InlineData(2, 20_000, "no-cache")]
    public async Task Get_AnswerFullOfBytes_IsKept(int events, int bytes, string expected)
    {
        await using var server = await EdgeServer.StartAsync();
        await server.CreateAsync("a", "text/plain");
        for (var i = 0; i < events; i++)
        {
            await server.AppendAsync("a", "text/plain", new string('x', bytes));
        }

        var answer = await server.SendAsync("GET", "/v1/stream/a");
        Assert.Equal((expected, expected == "no-cache"), (answer["Cache-Control"], answer.Find("Stream-Up-To-Date") is not null));
    }

    [Fact]
    public async Task Get_StreamThatExpires_IsNotKeptBeyond()
    {
        await using var server = await EdgeServer.StartAsync();
        var expires = server.Time.GetUtcNow().AddSeconds(90).ToString("yyyy-MM-dd'T'HH:mm:ss'Z'");
        await server.CreateAsync("a", "application/json", "[1,2]", $"Stream-Expires-At: {expires}");
        Assert.Equal("private, max-age=60", (await server.SendAsync("GET", "/v1/stream/a?limit=1"))["Cache-Control"]);
        server.Time.Advance(TimeSpan.FromSeconds(75.5));
        Assert.Equal("private, max-age=14", (await server.SendAsync("GET", "/v1/stream/a?limit=1"))["Cache-Control"]);
        server.Time.Advance(TimeSpan.FromSeconds(14));
        Assert.Equal("no-store", (await server.SendAsync("GET", "/v1/stream/a?limit=1"))["Cache-Control"]);
    }

    [Fact]
    public async Task Get_ClosingWithoutData_ChangesTheTag()
    {
        await using var server = await EdgeServer.StartAsync();
        await server.CreateAsync("a", "text/plain", "x");
        var open = await server.SendAsync("GET", "/v1/stream/a");
        await server.SendAsync("POST", "/v1/stream/a", null, "Stream-Closed: true");
        var closed = await server.SendAsync("GET", "/v1/stream/a", null, $"If-None-Match: {open["ETag"]}");
        Assert.Equal((200, "true", "x"), (closed.Status, closed["Stream-Closed"], closed.Text));
        var partial = await server.SendAsync("GET", "/v1/stream/a?limit=1");
        Assert.Equal("true", partial["Stream-Closed"]);
    }

    [Fact]
    public async Task Get_RecreatedStream_NeverMatchesAnOldTag()
    {
        await using var server = await EdgeServer.StartAsync();
        await server.CreateAsync("a", "text/plain", "x");
        var old = await server.SendAsync("GET", "/v1/stream/a");
        await server.SendAsync("DELETE", "/v1/stream/a");
        await server.CreateAsync("a", "text/plain", "y");
        var fresh = await server.SendAsync("GET", "/v1/stream/a", null, $"If-None-Match: {old["ETag"]}");
        Assert.Equal((200, "y"), (fresh.Status, fresh.Text));
    }

    /// <summary>Many polls a day: the headers of one answer are counted.</summary>
    [Fact]
    public async Task Get_Json_HasASmallHeaderBlock()
    {
        await using var server = await EdgeServer.StartAsync();
        await server.CreateAsync("a", "application/json", "[1,2,3]");
        var answer = await server.SendAsync("GET", "/v1/stream/a?offset=-1&live=long-poll");
        Assert.InRange(answer.HeaderBlock.Length, 100, 440);
        Assert.Null(answer.Find("Server"));
    }
}
