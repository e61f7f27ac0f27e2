using EventCluster.Edge.Tests.Server;

namespace EventCluster.Edge.Tests.Streams;

/// <summary>A position that cannot be served, on every transport and under every policy.</summary>
public sealed class GapTests
{
    private const string Accept = "Accept: text/event-stream";
    private const string One = "00000010000000000001";
    private const string Two = "00000010000000000002";
    private const string Three = "00000010000000000003";
    private const string Beyond = "00000010000000000009";
    private const string Foreign = "00000v00000000000001";

    [Theory]
    [InlineData("", One, "trimmed")]
    [InlineData("&onGap=signal", One, "trimmed")]
    [InlineData("&onGap=latest", One, "trimmed")]
    [InlineData("&onGap=fail", One, "trimmed")]
    [InlineData("", Beyond, "unknown")]
    [InlineData("", Foreign, "recreated")]
    [InlineData("&live=long-poll", One, "trimmed")]
    [InlineData("&live=long-poll&onGap=latest", Beyond, "unknown")]
    [InlineData("&live=sse", One, "trimmed")]
    [InlineData("&live=sse&onGap=signal", Foreign, "recreated")]
    [InlineData("&live=eventsource&onGap=fail", One, "trimmed")]
    public async Task Get_PolicyFail_Is410WithTheGap(string query, string position, string reason)
    {
        await using var server = await TrimmedAsync();
        var answer = await server.SendAsync("GET", $"/v1/stream/a?offset={position}{query}");
        Assert.Equal((410, "gap"), (answer.Status, answer.Code));
        Assert.Equal((Two, Three), (answer["Stream-Earliest-Offset"], answer["Stream-Next-Offset"]));
        Assert.Equal("no-store", answer["Cache-Control"]);
        var problem = answer.Problem;
        Assert.Equal(position, problem.GetProperty("requested").GetString());
        Assert.Equal(Two, problem.GetProperty("earliest").GetString());
        Assert.Equal(Three, problem.GetProperty("tail").GetString());
        Assert.Equal(reason, problem.GetProperty("reason").GetString());
    }

    [Theory]
    [InlineData("", One, Two, "trimmed")]
    [InlineData("&onGap=signal", Beyond, Two, "unknown")]
    [InlineData("&onGap=latest", One, Three, "trimmed")]
    [InlineData("&onGap=latest", Foreign, Three, "recreated")]
    public async Task Get_EventSource_SignalsOnceAndGoesOn(string query, string position, string continued, string reason)
    {
        await using var server = await TrimmedAsync();
        using var reader = await RawConnection.OpenAsync(server.Port);
        await reader.WriteRequestAsync("GET", $"/v1/stream/a?offset={position}{query}", null, Accept);
        Assert.Equal(200, (await reader.ReadHeadAsync()).Status);
        var gap = await reader.ReadUntilAsync("}\n\n");
        Assert.Matches(
            $"^event: gap\nid: {continued}\nretry: [0-9]+\ndata: {{\"requested\":\"{position}\",\"earliest\":\"{Two}\","
            + $"\"tail\":\"{Three}\",\"reason\":\"{reason}\"}}\n\n$",
            gap);
        if (continued == Two)
        {
            Assert.Equal($"id: {Three}\ndata: 3\n\n", await reader.ReadUntilAsync("\n\n"));
        }

        await server.LiveAsync(1);
        await server.AppendAsync("a", "application/json", "4");
        Assert.Equal("id: 00000010000000000004\ndata: 4\n\n", await reader.ReadUntilAsync("4\n\n"));

        // The position of the gap frame is one that the reconnect is served from, or the gap would repeat.
        using var again = await RawConnection.OpenAsync(server.Port);
        await again.WriteRequestAsync(
            "GET", $"/v1/stream/a?offset={position}{query}", null, Accept, $"Last-Event-ID: {continued}");
        await again.ReadHeadAsync();
        Assert.StartsWith($"id: {continued}\nretry: ", await again.ReadUntilAsync("4\n\n"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Get_LastEventIdOfADeletedHistory_SignalsRecreated()
    {
        await using var server = await EdgeServer.StartAsync();
        await server.CreateAsync("a", "text/plain", "old");
        await server.SendAsync("DELETE", "/v1/stream/a");
        await server.CreateAsync("a", "text/plain", "new");
        using var reader = await RawConnection.OpenAsync(server.Port);
        await reader.WriteRequestAsync("GET", "/v1/stream/a", null, Accept, $"Last-Event-ID: {One}");
        await reader.ReadHeadAsync();
        Assert.Contains("\"reason\":\"recreated\"", await reader.ReadUntilAsync("}\n\n"), StringComparison.Ordinal);
        Assert.EndsWith("data: new\n\n", await reader.ReadUntilAsync("\n\n"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Delete_UnderRunningReaders_EndsThem()
    {
        await using var server = await EdgeServer.StartAsync();
        await server.CreateAsync("a", "text/plain");
        using var native = await RawConnection.OpenAsync(server.Port);
        using var durable = await RawConnection.OpenAsync(server.Port);
        using var poll = await RawConnection.OpenAsync(server.Port);
        await native.WriteRequestAsync("GET", "/v1/stream/a", null, Accept);
        await durable.WriteRequestAsync("GET", "/v1/stream/a?live=sse&offset=-1", null);
        await poll.WriteRequestAsync("GET", "/v1/stream/a?live=long-poll&offset=-1", null);
        await native.ReadHeadAsync();
        await native.ReadUntilAsync("\n\n");
        await durable.ReadHeadAsync();
        await durable.ReadUntilAsync("\n\n");
        await server.LiveAsync(2);
        await server.ParkedAsync(2);
        await server.SendAsync("DELETE", "/v1/stream/a");
        Assert.Equal(
            "event: end\nid: 00000010000000000000\ndata: {\"offset\":\"00000010000000000000\",\"reason\":\"deleted\"}\n\n",
            await native.ReadToEndAsync());
        Assert.Equal("", await durable.ReadToEndAsync());
        Assert.Equal(404, (await poll.ReadAnswerAsync()).Status);
    }

    private static async Task<EdgeServer> TrimmedAsync()
    {
        var server = await EdgeServer.StartAsync();
        await server.CreateAsync("a", "application/json", "[1,2,3]");
        Assert.Equal(204, (await server.SendAsync("POST", "/v1/stream/a", null, $"Stream-Trim-Before: {Two}")).Status);
        return server;
    }
}
