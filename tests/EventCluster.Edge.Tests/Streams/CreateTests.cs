using EventCluster.Edge.Tests.Server;

namespace EventCluster.Edge.Tests.Streams;

public sealed class CreateTests
{
    [Fact]
    public async Task Put_NewThenSameThenOther_Answers201And200And409()
    {
        await using var server = await EdgeServer.StartAsync();
        var created = await server.SendAsync(
            "PUT", "/v1/stream/caf%C3%A9/x%2Fy", "[1]", "Content-Type: Application/JSON; charset=utf-8", "Stream-TTL: 60");
        Assert.Equal(201, created.Status);
        Assert.Equal("http://localhost/v1/stream/caf%C3%A9/x/y", created["Location"]);
        Assert.Equal("Application/JSON; charset=utf-8", created["Content-Type"]);
        Assert.Equal("00000010000000000001", created["Stream-Next-Offset"]);
        Assert.Equal(("60", "memory"), (created["Stream-TTL"], created["Stream-Durability"]));

        var same = await server.SendAsync("PUT", "/v1/stream/caf%C3%A9/x/y", "[2]", "Content-Type: application/json", "Stream-TTL: 60");
        Assert.Equal((200, null), (same.Status, same.Find("Location")));
        var other = await server.SendAsync("PUT", "/v1/stream/caf%C3%A9/x/y", null, "Content-Type: application/json", "Stream-TTL: 61");
        Assert.Equal((409, "configuration_conflict"), (other.Status, other.Code));
        Assert.Equal("[1]", (await server.SendAsync("GET", "/v1/stream/caf%C3%A9/x/y")).Text);
    }

    [Fact]
    public async Task Put_Fork_SplitsItsBodyAsTheSourcesTypeSays()
    {
        await using var server = await EdgeServer.StartAsync();
        await server.CreateAsync("src", "application/json", "[1,2,3]");
        var fork = await server.SendAsync(
            "PUT", "/v1/stream/fork", "[8,9]", "Stream-Forked-From: /v1/stream/src", "Stream-Fork-Offset: 00000010000000000002");
        Assert.Equal((201, "application/json"), (fork.Status, fork["Content-Type"]));
        Assert.Equal("[1,2,8,9]", (await server.SendAsync("GET", "/v1/stream/fork")).Text);
    }

    [Theory]
    [InlineData("Stream-Forked-From: /v1/stream/none", 404, "not_found")]
    [InlineData("Stream-Forked-From: /elsewhere", 400, "invalid_fork")]
    [InlineData("Stream-Fork-Offset: -1", 400, "invalid_fork")]
    [InlineData("Stream-TTL: 1e3", 400, "bad_request")]
    [InlineData("Stream-Expires-At: soon", 400, "bad_request")]
    [InlineData("Stream-Retain-Bytes: 0", 400, "bad_request")]
    [InlineData("Stream-TTL: 0", 400, "bad_request")]
    [InlineData("Stream-Expires-At: 2020-01-31T12:00:00Z", 400, "bad_request")]
    [InlineData("Stream-Expires-At: 0001-01-01T00:00:00Z", 400, "bad_request")]
    [InlineData("Stream-Retain-Events: 0", 400, "bad_request")]
    [InlineData("Stream-Retain-Age: 0", 400, "bad_request")]
    [InlineData("Stream-Retain-Age: None", 400, "bad_request")]
    [InlineData("Content-Type: nonsense", 400, "bad_request")]
    public async Task Put_BadHeader_CreatesNothing(string header, int status, string code)
    {
        await using var server = await EdgeServer.StartAsync();
        var answer = await server.SendAsync("PUT", "/v1/stream/a", null, header);
        Assert.Equal((status, code), (answer.Status, answer.Code));
        Assert.Equal(404, (await server.SendAsync("HEAD", "/v1/stream/a")).Status);
    }

    [Theory]
    [InlineData("Stream-TTL: 0", "time to live is 0", "at least 1")]
    [InlineData("Stream-Expires-At: 2020-01-31T12:00:00Z", "2020-01-31T12:00:00Z", "must be later than")]
    public async Task Put_ThatIsOverWhenItBegins_SaysWhatWasSentAndWhatIsAllowed(string header, string sent, string allowed)
    {
        await using var server = await EdgeServer.StartAsync();
        var detail = (await server.SendAsync("PUT", "/v1/stream/a", null, header)).Problem.GetProperty("detail").GetString();
        Assert.Contains(sent, detail, StringComparison.Ordinal);
        Assert.Contains(allowed, detail, StringComparison.Ordinal);
    }

    /// <summary>A conflict names both values.</summary>
    [Theory]
    [InlineData("", "Content-Type: application/json", "text/plain", "application/json")]
    [InlineData("Stream-TTL: 60", "Stream-TTL: 61", "is 60", "for 61")]
    [InlineData("Stream-TTL: 60", "", "is 60", "for none")]
    [InlineData("", "Stream-Expires-At: 2090-01-31T12:00:00Z", "is none", "for 2090-01-31T12:00:00Z")]
    [InlineData("Stream-Retain-Events: 100", "Stream-Retain-Events: 5", "events is 100", "for 5")]
    [InlineData("Stream-Retain-Bytes: 100", "Stream-Retain-Bytes: none", "bytes is 100", "for none")]
    [InlineData("Stream-Retain-Age: none", "Stream-Retain-Age: 9", "seconds is none", "for 9")]
    [InlineData("", "Stream-Closed: true", "it is open", "closed")]
    [InlineData("Stream-Closed: true", "", "it is closed", "open")]
    [InlineData("", "Stream-Forked-From: /v1/stream/src", "not a fork", "'src'")]
    [InlineData("Stream-Forked-From: /v1/stream/src", "", "fork of 'src'", "none")]
    [InlineData("Stream-Forked-From: /v1/stream/src", "Stream-Forked-From: /v1/stream/other", "'src'", "'other'")]
    [InlineData(
        "Stream-Forked-From: /v1/stream/src", "Stream-Forked-From: /v1/stream/src\r\nStream-Fork-Offset: -1", "the tail", "for -1")]
    public async Task Put_ThatDiffers_NamesBothValues(string first, string second, string current, string requested)
    {
        const string Type = "Content-Type: text/plain";
        await using var server = await EdgeServer.StartAsync();
        await server.CreateAsync("src", "text/plain", "x");
        await server.CreateAsync("other", "text/plain", "x");
        Assert.Equal(201, (await server.SendAsync("PUT", "/v1/stream/a", null, Headers(first))).Status);

        var answer = await server.SendAsync("PUT", "/v1/stream/a", null, Headers(second));

        Assert.Equal((409, "configuration_conflict"), (answer.Status, answer.Code));
        var detail = answer.Problem.GetProperty("detail").GetString();
        Assert.Contains(current, detail, StringComparison.Ordinal);
        Assert.Contains(requested, detail, StringComparison.Ordinal);

        static string[] Headers(string text) => text.StartsWith("Content-Type", StringComparison.Ordinal)
            ? [text]
            : [Type, .. text.Split("\r\n", StringSplitOptions.RemoveEmptyEntries)];
    }

    [Fact]
    public async Task Delete_Twice_Answers204Then404()
    {
        await using var server = await EdgeServer.StartAsync();
        await server.CreateAsync("a", "text/plain", "x");
        Assert.Equal(204, (await server.SendAsync("DELETE", "/v1/stream/a")).Status);
        var again = await server.SendAsync("DELETE", "/v1/stream/a");
        Assert.Equal((404, "not_found"), (again.Status, again.Code));
        Assert.Equal(404, (await server.SendAsync("GET", "/v1/stream/a")).Status);
    }
}
