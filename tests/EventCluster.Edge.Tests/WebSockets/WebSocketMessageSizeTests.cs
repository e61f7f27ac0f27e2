using System.Text.Json;
using EventCluster.Edge.Tests.Server;

namespace EventCluster.Edge.Tests.WebSockets;

/// <summary>Clients that take small messages only: <c>maxMessageBytes</c> in <c>subscribe</c> and in the URL.</summary>
public sealed class WebSocketMessageSizeTests
{
    private const int Most = 32 * 1024;
    private const int Events = 300;

    private static readonly string[] Types = ["application/json", "text/plain", "image/png"];

    public static TheoryData<string, bool, bool> Table
    {
        get
        {
            var table = new TheoryData<string, bool, bool>();
            foreach (var type in Types)
            {
                foreach (var inUrl in (bool[])[false, true])
                {
                    table.Add(type, inUrl, false);
                    table.Add(type, inUrl, true);
                }
            }

            return table;
        }
    }

    [Theory]
    [MemberData(nameof(Table))]
    public async Task Subscribe_WithAMessageSize_SplitsBacklogAndLiveEvents(string type, bool inUrl, bool http2)
    {
        await using var server = await EdgeServer.StartAsync();
        var payloads = Enumerable.Range(0, Events).Select(static i => $"\"{i:d4}{new string('x', 900)}\"").ToArray();
        var stream = await server.StreamAsync("s", type, payloads[..200]);
        using var client = await SubscribeAsync(server, "s", inUrl, http2);
        var subscribed = await client.ExpectAsync("subscribed");
        Assert.Equal(type, subscribed.GetProperty("contentType").GetString());
        var seen = await ReadAsync(client, 200);
        foreach (var chunk in payloads[200..].Chunk(50))
        {
            await server.AppendEventsAsync(stream, type, chunk);
        }

        seen += await ReadAsync(client, 100);
        Assert.InRange(seen, Events * 900 / Most, Events);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Subscribe_EventAboveTheSize_EndsTheSubscriptionAndSaysHowToGoOn(bool inUrl)
    {
        await using var server = await EdgeServer.StartAsync();
        await server.StreamAsync("s", "application/json", "1", $"\"{new string('x', Most)}\"", "3");
        await server.StreamAsync("t", "application/json", "4");
        using var client = await SubscribeAsync(server, "s", inUrl, http2: false);
        await client.ExpectAsync("subscribed");
        Assert.Equal(["1"], await client.EventsAsync("s", 1));
        var error = await client.ExpectAsync("error");
        Assert.Equal(("s", "too_large", 413), (
            error.GetProperty("stream").GetString(), error.GetProperty("code").GetString(), error.GetProperty("status").GetInt32()));
        var from = error.GetProperty("offset").GetString();
        var event2 = await server.SendAsync("GET", $"/v1/stream/s?offset={from}&limit=1");
        Assert.Equal(Most + 4, event2.Body.Length);
        Assert.Equal(event2["Stream-Next-Offset"], error.GetProperty("next").GetString());

        // The connection goes on, and so does the stream behind the event.
        await client.SendAsync($$"""{"type":"subscribe","stream":"s","offset":"{{event2["Stream-Next-Offset"]}}","maxMessageBytes":{{Most}}}""");
        await client.ExpectAsync("subscribed");
        Assert.Equal(["3"], await client.EventsAsync("s", 1));
        await client.SendAsync("""{"type":"subscribe","stream":"t"}""");
        await client.ExpectAsync("subscribed");
        Assert.Equal(["4"], await client.EventsAsync("t", 1));
    }

    [Fact]
    public async Task Stop_WithManySmallSubscriptions_SplitsTheMove()
    {
        await using var server = await EdgeServer.StartAsync();
        using var client = await SocketClient.OpenAsync(server, "/v1/streams");
        for (var i = 0; i < 20; i++)
        {
            var name = $"{i:d2}" + new string('n', 510);
            await server.StreamAsync(name, "text/plain");
            await client.SendAsync($$"""{"type":"subscribe","stream":"{{name}}","maxMessageBytes":{{EdgeLimits.SmallestMaxMessageBytes}}}""");
            await client.ExpectAsync("subscribed");
        }

        var stopped = server.StopAsync();
        var named = new HashSet<string>();
        while (named.Count < 20)
        {
            var move = await client.ExpectAsync("move");
            Assert.InRange(move.GetRawText().Length, 1, EdgeLimits.SmallestMaxMessageBytes);
            named.UnionWith(move.GetProperty("offsets").EnumerateArray().Select(static o => o.GetProperty("stream").GetString()!));
        }

        Assert.Equal(1012, await client.ClosedAsync());
        await stopped;
    }

    [Theory]
    [InlineData("8191")]
    [InlineData("2097153")]
    [InlineData("-1")]
    [InlineData("\"x\"")]
    [InlineData("1.5e4")]
    public async Task Subscribe_SizeOutsideItsBounds_IsAnErrorThatNamesThem(string size)
    {
        await using var server = await EdgeServer.StartAsync();
        await server.StreamAsync("s", "text/plain", "x");
        using var client = await SocketClient.OpenAsync(server, "/v1/streams");
        await client.SendAsync($$"""{"type":"subscribe","stream":"s","maxMessageBytes":{{size}}}""");
        Assert.Contains("8192 to 2097152", (await client.ExpectAsync("error")).GetProperty("detail").GetString(), StringComparison.Ordinal);
    }

    private static async Task<SocketClient> SubscribeAsync(EdgeServer server, string stream, bool inUrl, bool http2)
    {
        if (inUrl)
        {
            return await SocketClient.OpenAsync(server, $"/v1/stream/{stream}?maxMessageBytes={Most}", http2);
        }

        var client = await SocketClient.OpenAsync(server, "/v1/streams", http2);
        await client.SendAsync($$"""{"type":"subscribe","stream":"{{stream}}","maxMessageBytes":{{Most}}}""");
        return client;
    }

    /// <summary>Reads events in order; answers the number of messages, none of which is too large.</summary>
    private static async Task<int> ReadAsync(SocketClient client, int events)
    {
        var (messages, seen) = (0, 0);
        while (seen < events)
        {
            JsonElement message = await client.ExpectAsync("events");
            Assert.InRange(System.Text.Encoding.UTF8.GetByteCount(message.GetRawText()), 1, Most);
            messages++;
            seen += message.GetProperty("events").GetArrayLength();
        }

        Assert.Equal(events, seen);
        return messages;
    }
}
