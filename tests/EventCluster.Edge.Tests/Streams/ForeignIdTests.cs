using System.Text;
using System.Text.Json;
using EventCluster.Edge.Tests.Composite;
using EventCluster.Edge.Tests.Server;

namespace EventCluster.Edge.Tests.Streams;

/// <summary>
/// A <c>Last-Event-ID</c> that this stream never issued: an EventSource gets a gap and goes on, since any status but 200 ends
/// it permanently; requests that a page can repeat get the status.
/// </summary>
public sealed class ForeignIdTests
{
    private const string Accept = "Accept: text/event-stream";
    private const string Zero = "00000010000000000000";
    private const string Two = "00000010000000000002";

    /// <summary>A cursor of <c>/v1/streams</c>, and what other servers and a page's own code put there.</summary>
    private static readonly string[] ForeignIds =
    [
        "42", "x", "-1", "now", "0", Two + ",", Two[..19], Two.ToUpperInvariant() + "W", "0000000000000000_0000000000000000",
        "ARv2c0_-AAAAAAAAAAAAAAAA", "6ba7b810-9dad-11d1-80b4-00c04fd430c8", "2026-01-01T00:00:00Z", "\"quoted\\", "é",
        "00000000000000000001", "zzzzzzzzzzzzzzzzzzzz", new string('7', 2_000),
    ];

    public static TheoryData<string, string, string> Gaps
    {
        get
        {
            var data = new TheoryData<string, string, string>();
            foreach (var id in ForeignIds)
            {
                data.Add("", id, Zero);
                data.Add("?live=eventsource&offset=now&onGap=signal", id, Zero);
                data.Add("?last=1&onGap=latest", id, Two);
            }

            return data;
        }
    }

    public static TheoryData<string> Ids => [.. ForeignIds];

    [Theory]
    [MemberData(nameof(Gaps))]
    public async Task EventSource_ForeignId_IsAGapThenGoesOn(string query, string lastEventId, string continued)
    {
        await using var server = await EdgeServer.StartAsync();
        await server.CreateAsync("a", "application/json", "[1,2]");
        using var reader = await RawConnection.OpenAsync(server.Port);
        await WriteAsync(reader, "/v1/stream/a" + query, lastEventId);
        Assert.Equal(200, (await reader.ReadHeadAsync()).Status);
        var frame = await reader.ReadUntilAsync("\n\n");
        var lines = frame.TrimEnd('\n').Split('\n');
        Assert.Equal(("event: gap", $"id: {continued}"), (lines[0], lines[1]));
        Assert.Matches("^retry: [0-9]+$", lines[2]);
        AssertGap(JsonDocument.Parse(lines[3]["data: ".Length..]).RootElement, lastEventId);
        if (continued == Zero)
        {
            Assert.EndsWith($"id: {Two}\ndata: 2\n\n", await reader.ReadUntilAsync("data: 2\n\n"), StringComparison.Ordinal);
        }

        await server.LiveAsync(1);
        await server.AppendAsync("a", "application/json", "3");
        Assert.Equal("id: 00000010000000000003\ndata: 3\n\n", await reader.ReadUntilAsync("\n\n"));

        // The gap's id is one of this stream, so the next reconnect continues without a gap.
        using var again = await RawConnection.OpenAsync(server.Port);
        await WriteAsync(again, "/v1/stream/a" + query, continued);
        Assert.Equal(200, (await again.ReadHeadAsync()).Status);
        Assert.StartsWith($"id: {continued}\nretry: ", await again.ReadUntilAsync("\n\n"), StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Ids))]
    public async Task EventSource_ForeignIdUnderFail_Is410WithTheGap(string lastEventId)
    {
        await using var server = await EdgeServer.StartAsync();
        await server.CreateAsync("a", "application/json", "[1,2]");
        using var reader = await RawConnection.OpenAsync(server.Port);
        await WriteAsync(reader, "/v1/stream/a?onGap=fail", lastEventId);
        var answer = await reader.ReadAnswerAsync();
        Assert.Equal((410, "gap"), (answer.Status, answer.Code));
        Assert.Equal((Zero, Two), (answer["Stream-Earliest-Offset"], answer["Stream-Next-Offset"]));
        AssertGap(answer.Problem, lastEventId);
    }

    [Theory]
    [MemberData(nameof(Ids))]
    public async Task DurableSse_ForeignId_Is400(string lastEventId)
    {
        await using var server = await EdgeServer.StartAsync();
        await server.CreateAsync("a", "application/json", "[1,2]");
        using var reader = await RawConnection.OpenAsync(server.Port);
        await WriteAsync(reader, "/v1/stream/a?live=sse&offset=-1", lastEventId);
        var answer = await reader.ReadAnswerAsync();
        Assert.Equal((400, "invalid_offset"), (answer.Status, answer.Code));
    }

    [Theory]
    [InlineData("text/plain", "last", "?onGap=signal", 1)]
    [InlineData("text/plain", "last", "?onGap=latest", 0)]
    [InlineData("image/png", "last", "", 1)]
    public async Task EventSource_ForeignIdOfAClosedStream_GetsTheEnd(string type, string body, string query, int events)
    {
        await using var server = await EdgeServer.StartAsync();
        await server.CreateAsync("a", type, body, "Stream-Closed: true");
        var answer = await server.SendAsync("GET", "/v1/stream/a" + query, null, Accept, "Last-Event-ID: 42");
        Assert.Equal(200, answer.Status);
        Assert.Contains("event: gap\n", answer.Text, StringComparison.Ordinal);
        Assert.Contains("event: end\n", answer.Text, StringComparison.Ordinal);
        Assert.Equal(events + 2, answer.Text.Split("\ndata: ").Length - 1);
    }

    [Theory]
    [InlineData("/v1/stream/a?offset=zzz", null, 400)]
    [InlineData("/v1/stream/a?last=0", null, 400)]
    [InlineData("/v1/stream/a?offset=-1&last=1", null, 400)]
    [InlineData("/v1/stream/a?offset=zzz", "42", 200)]
    [InlineData("/v1/stream/a?offset=zzz", Two, 200)]
    [InlineData("/v1/stream/a?last=0", Two, 200)]
    [InlineData("/v1/stream/a?live=sse&offset=zzz", null, 400)]
    [InlineData("/v1/stream/a?live=eventsource&offset=zzz", null, 400)]
    [InlineData("/v1/stream/a?heartbeat=1", "42", 400)]
    [InlineData("/v1/stream/missing", "42", 404)]
    [InlineData("/v1/streams?stream=a&offset=zzz", null, 400)]
    [InlineData("/v1/streams?stream=a&offset=zzz", "42", 200)]
    [InlineData("/v1/streams?stream=a&cursor=zzz", null, 400)]
    [InlineData("/v1/streams?stream=a&cursor=zzz", "42", 200)]
    [InlineData("/v1/streams?stream=a&stream=missing", "42", 404)]
    public async Task EventSource_WrongQuery_CountsOnlyWhereTheHeaderDoesNotReplaceIt(string path, string? lastEventId, int status)
    {
        await using var server = await EdgeServer.StartAsync();
        await server.CreateAsync("a", "application/json", "[1,2]");
        using var reader = await RawConnection.OpenAsync(server.Port);
        await WriteAsync(reader, path, lastEventId);
        Assert.Equal(status, (await reader.ReadHeadAsync()).Status);
    }

    [Theory]
    [InlineData("42", "", 3)]
    [InlineData(Two, "", 3)]
    [InlineData("42", "&onGap=latest", 0)]
    [InlineData("AfNkfU3YcVJSAQIBAQ", "", 3)]
    public async Task Composite_ForeignId_IsAGapOfEachStream(string lastEventId, string query, int events)
    {
        await using var server = await EdgeServer.StartAsync();
        await server.CreateAsync("a", "application/json", "[1,2]");
        await server.CreateAsync("b", "text/plain", "x");
        using var client = await EventStreamClient.ConnectAsync(
            server, $"/v1/streams?stream=a&offset=now&stream=b{query}", lastEventId);
        Assert.Equal(200, client.Status);
        var gaps = new List<string>();
        var received = 0;
        while (gaps.Count < 2 || received < events)
        {
            var (name, data) = (await client.ReadAsync())!.Value;
            if (name is not ("gap" or "message") || data.Length == 0)
            {
                continue;
            }

            var message = JsonDocument.Parse(data).RootElement;
            var stream = message.GetProperty("stream").GetString()!;
            if (name == "gap")
            {
                AssertGap(message, lastEventId);
                gaps.Add(stream);
            }
            else
            {
                Assert.Contains(stream, gaps);
                received += message.GetProperty("events").GetArrayLength();
            }
        }

        gaps.Sort(StringComparer.Ordinal);
        Assert.Equal((string[])["a", "b"], gaps);
        using var again = await EventStreamClient.ConnectAsync(server, $"/v1/streams?stream=a&stream=b{query}", client.LastId);
        await server.AppendAsync("b", "text/plain", "live");
        Assert.Equal("b", (await again.ExpectAsync("message")).GetProperty("stream").GetString());
    }

    [Fact]
    public async Task Composite_ForeignIdUnderFail_Is410()
    {
        await using var server = await EdgeServer.StartAsync();
        await server.CreateAsync("a", "application/json", "[1,2]");
        var answer = await server.SendAsync(
            "GET", "/v1/streams?stream=a&onGap=fail", null, Accept, "Last-Event-ID: 42");
        Assert.Equal((410, "gap"), (answer.Status, answer.Code));
        AssertGap(answer.Problem, "42");
    }

    [Fact]
    public async Task Composite_PrimingBeforeTheGap_IsNoPositionToContinueFrom()
    {
        await using var server = await EdgeServer.StartAsync();
        await server.CreateAsync("a", "application/json", "[1,2]");
        using var first = await EventStreamClient.ConnectAsync(server, "/v1/streams?stream=a", "42");
        await first.ReadAsync();
        var priming = first.LastId;
        Assert.NotEqual("", priming);
        using var second = await EventStreamClient.ConnectAsync(server, "/v1/streams?stream=a", priming);
        AssertGap(await second.ExpectAsync("gap"), priming);
    }

    private static void AssertGap(JsonElement gap, string lastEventId)
    {
        Assert.Equal(lastEventId[..Math.Min(64, lastEventId.Length)], gap.GetProperty("requested").GetString());
        Assert.Equal("unknown", gap.GetProperty("reason").GetString());
        Assert.EndsWith(Zero[7..], gap.GetProperty("earliest").GetString()!, StringComparison.Ordinal);
        Assert.Equal(20, gap.GetProperty("tail").GetString()!.Length);
    }

    /// <summary>As a browser sends it: the id in UTF-8.</summary>
    private static Task WriteAsync(RawConnection connection, string path, string? lastEventId)
    {
        var id = lastEventId is null ? "" : $"Last-Event-ID: {lastEventId}\r\n";
        return connection.WriteAsync(Encoding.UTF8.GetBytes(
            $"GET {path} HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n{id}\r\n"));
    }
}
