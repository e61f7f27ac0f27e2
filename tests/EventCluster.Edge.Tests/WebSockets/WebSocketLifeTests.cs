using System.Text.Json;
using EventCluster.Abstractions.Streams;
using EventCluster.Edge.Tests.Server;
using EventCluster.Protocol;
using EventCluster.TestKit;

namespace EventCluster.Edge.Tests.WebSockets;

/// <summary>Heartbeats, gaps, stops and clients that read slowly.</summary>
public sealed class WebSocketLifeTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("", "gap signal")]
    [InlineData("&onGap=signal", "gap signal")]
    [InlineData("&onGap=latest", "gap latest")]
    [InlineData("&onGap=fail", "error")]
    public async Task Gap_AtTheStart_FollowsThePolicy(string policy, string expected)
    {
        await using var server = await EdgeServer.StartAsync();
        var stream = await server.StreamAsync("s", "application/json", "0", "1", "2");
        var (earliest, tail) = await TrimAsync(stream, 2);
        var trimmed = new StreamOffset(earliest.Incarnation, 1).ToString();
        using var client = await SocketClient.OpenAsync(server, $"/v1/stream/s?offset={trimmed}{policy}");
        if (expected == "error")
        {
            var error = await client.ExpectAsync("error");
            Assert.Equal(("gap", "trimmed", earliest.ToString()), (
                error.GetProperty("code").GetString(), error.GetProperty("reason").GetString(), error.GetProperty("earliest").GetString()));
            return;
        }

        await client.ExpectAsync("subscribed");
        var gap = await client.ExpectAsync("gap");
        Assert.Equal(("s", "trimmed", earliest.ToString(), tail.ToString()), (
            gap.GetProperty("stream").GetString(), gap.GetProperty("reason").GetString(),
            gap.GetProperty("earliest").GetString(), gap.GetProperty("tail").GetString()));
        Assert.Equal(trimmed, gap.GetProperty("requested").GetString());
        var from = expected == "gap latest" ? tail : earliest;
        Assert.Equal(from.ToString(), gap.GetProperty("offset").GetString());
        await AppendAsync(stream, "3");
        Assert.Equal(expected == "gap latest" ? ["3"] : ["2", "3"], await client.EventsAsync("s", expected == "gap latest" ? 1 : 2));
    }

    [Theory]
    [InlineData("/v1/stream/s", 0)]
    [InlineData("/v1/streams", 0)]
    [InlineData("/v1/streams?stream=s&window=1000", 1)]
    public async Task Client_ThatDoesNotAnswerPings_IsClosedWithACodeAndAReason(string path, int window)
    {
        await using var server = await EdgeServer.StartAsync();
        await server.StreamAsync("s", "application/json", "0");
        using var client = await SocketClient.OpenAsync(server, path);

        // Two heartbeats and the grace of a window. The clock stands still then: after a farewell's time the client would be cut,
        // perhaps before it was told why.
        server.Time.Advance((2 * new EdgeOptions().SseHeartbeat) + TimeSpan.FromSeconds(window + 0.1));
        Assert.Equal(4408, await client.ClosedAsync());
        Assert.Contains("pong", client.Reason, StringComparison.Ordinal);
        await client.CloseAsync();
        await Phase.UntilAsync("sessions", "0", () => server.Sessions, seen => seen == 0, Cancel);
    }

    [Fact]
    public async Task Gap_ThatOpensWhileStarved_IsSignalledWhenReadingGoesOn()
    {
        await using var server = await EdgeServer.StartAsync();
        var stream = await server.StreamAsync("s", "application/json", "0", "1", "2");
        using var client = await SocketClient.OpenAsync(server, "/v1/stream/s?credit=1");
        await client.ExpectAsync("subscribed");
        Assert.Equal(["0"], await client.EventsAsync("s", 1));

        // Through the edge, which forgets at once what it trims.
        var found = (DescribeOutcome.Found)await stream.DescribeAsync(Cancel);
        var earliest = new StreamOffset(found.Descriptor.Tail.Incarnation, 2);
        Assert.Equal(204, (await server.SendAsync("POST", "/v1/stream/s", null, $"Stream-Trim-Before: {earliest}")).Status);

        await client.SendAsync("""{"type":"credit","stream":"s","bytes":10}""");
        Assert.Equal("trimmed", (await client.ExpectAsync("gap")).GetProperty("reason").GetString());
        Assert.Equal(["2"], await client.EventsAsync("s", 1));
    }

    [Fact]
    public async Task Delete_UnderASubscription_IsTheEndOfThatStreamAlone()
    {
        await using var server = await EdgeServer.StartAsync();
        var stream = await server.StreamAsync("s", "application/json", "0");
        await server.StreamAsync("t", "application/json", "1");
        using var client = await SocketClient.OpenAsync(server, "/v1/streams?stream=s");
        await client.ExpectAsync("subscribed");
        await client.EventsAsync("s", 1);
        await stream.DeleteAsync(Cancel);
        var end = await client.ExpectAsync("end");
        Assert.Equal(("s", "deleted"), (end.GetProperty("stream").GetString(), end.GetProperty("reason").GetString()));
        await client.SendAsync("""{"type":"subscribe","stream":"t"}""");
        await client.ExpectAsync("subscribed");
        Assert.Equal(["1"], await client.EventsAsync("t", 1));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Stop_TellsWhereAndWhen_ThenCloses1012(bool http2)
    {
        await using var server = await EdgeServer.StartAsync();
        await server.StreamAsync("a", "application/json", "1");
        await server.StreamAsync("b", "application/json");
        using var client = await SocketClient.OpenAsync(server, "/v1/streams?stream=a&stream=b", http2);
        for (var i = 0; i < 3; i++)
        {
            await client.ReceiveAsync();
        }

        var stopped = server.StopAsync();
        var move = await client.ExpectAsync("move");
        Assert.InRange(move.GetProperty("delayMs").GetInt32(), 1_000, 3_000);
        Assert.Equal("stopping", move.GetProperty("reason").GetString());
        var offsets = move.GetProperty("offsets").EnumerateArray().ToDictionary(
            e => e.GetProperty("stream").GetString()!, e => StreamOffset.Parse(e.GetProperty("offset").GetString()));
        Assert.Equal((2, 1, 0), (offsets.Count, offsets["a"].Sequence, offsets["b"].Sequence));
        Assert.Equal(1012, await client.ClosedAsync());
        await client.CloseAsync();
        await Phase.OfAsync("stop", stopped);
    }

    [Fact]
    public async Task Stop_OfClientsThatReadNothing_CutsThemAfterTheFarewell()
    {
        await using var server = await EdgeServer.StartAsync();
        await server.StreamAsync("s", "text/plain", Blobs(60));
        using var socket = await RawSocket.ConnectAsync(server, "/v1/stream/s", receiveBuffer: 4096);
        await Phase.UntilAsync("sessions", "1", () => server.Sessions, seen => seen == 1, Cancel);
        var stopped = server.StopAsync();
        await Phase.UntilAsync(
            "stop", () => Task.FromResult(stopped.IsCompleted),
            () => server.Time.Advance(EdgeLimits.CloseTimeout + TimeSpan.FromMilliseconds(100)), Cancel);
        await stopped;
    }

    [Fact]
    public async Task Silence_BringsAPingAfterOneHeartbeat_AndACutAfterTwo()
    {
        await using var server = await EdgeServer.StartAsync();
        using var client = await SocketClient.OpenAsync(server, "/v1/streams?heartbeat=10");
        await server.AfterAsync(TimeSpan.FromSeconds(10.1), "ping", client.ExpectAsync("ping"));
        await client.SendAsync("""{"type":"pong"}""");
        await client.SendAsync("""{"type":"ping"}""");
        await client.ExpectAsync("pong");
        await server.AfterAsync(TimeSpan.FromSeconds(10.1), "ping", client.ExpectAsync("ping"));
        Assert.Equal(1, server.Sessions);

        // It is told why, and has the time of a close to answer; then it is cut.
        server.Time.Advance(TimeSpan.FromSeconds(10.1));
        Assert.Equal(4408, await client.ClosedAsync());
        await server.AfterAsync(EdgeLimits.CloseTimeout, "no session", () => server.Sessions == 0);
    }

    [Fact]
    public async Task Window_DeliversOncePerWindow_InOrder()
    {
        // Goal: at most one delivery per window, whatever is appended. Method: 6 windows of 50 events, each appended alone;
        // the clock moves only when a window is over, and messages are counted.
        const int Windows = 6;
        const int EventsPerWindow = 50;
        await using var server = await EdgeServer.StartAsync();
        var stream = await server.StreamAsync("s", "application/json", "-1");
        using var client = await SocketClient.OpenAsync(server, "/v1/stream/s?window=10000");
        await client.ExpectAsync("subscribed");
        Assert.Equal(["-1"], await client.EventsAsync("s", 1));
        var messages = 0;
        var received = new List<int>();
        for (var window = 0; received.Count < Windows * EventsPerWindow; window++)
        {
            for (var i = 0; i < EventsPerWindow && window < Windows; i++)
            {
                await AppendAsync(stream, $"{(window * EventsPerWindow) + i}");
            }

            var message = await server.AfterAsync(TimeSpan.FromSeconds(10.1), "the window's message", client.ReceiveAsync());
            while (message.GetProperty("type").GetString() == "ping")
            {
                await client.SendAsync("""{"type":"pong"}""");
                message = await client.ReceiveAsync();
            }

            messages++;
            received.AddRange(message.GetProperty("events").EnumerateArray().Select(e => e.GetProperty("data").GetInt32()));
        }

        Assert.Equal(Enumerable.Range(0, Windows * EventsPerWindow), received);
        Assert.InRange(messages, 1, Windows + 1);
    }

    [Fact]
    public async Task SlowReader_KeepsOnlyItsPosition_AndLosesNothing()
    {
        // Goal: a client that takes nothing makes the server hold no events for it. Method: one client stops reading while
        // the stream gets far more than socket buffers hold; then it reads all of it.
        await using var server = await EdgeServer.StartAsync();
        var stream = await server.StreamAsync("s", "text/plain", "first");
        using var slow = await RawSocket.ConnectAsync(server, "/v1/stream/s", receiveBuffer: 4096);
        using var normal = await SocketClient.OpenAsync(server, "/v1/stream/s");
        await normal.ExpectAsync("subscribed");
        await normal.EventsAsync("s", 1);
        var blobs = Blobs(300);
        foreach (var part in blobs.Chunk(20))
        {
            await AppendAsync(stream, "text/plain", part);
            await normal.EventsAsync("s", part.Length);
        }

        await stream.AppendAsync(new AppendRequest { Close = true }, Cancel);
        await normal.ExpectAsync("end");
        var received = new List<string>();
        while (true)
        {
            var (opcode, payload) = await slow.ReceiveAsync();
            Assert.Equal(1, opcode);
            using var message = JsonDocument.Parse(payload);
            var type = message.RootElement.GetProperty("type").GetString();
            if (type == "end")
            {
                break;
            }

            if (type == "events")
            {
                Assert.True(payload.Length <= 64 * 1024 + 100, $"A slice of {payload.Length} bytes.");
                received.AddRange(message.RootElement.GetProperty("events").EnumerateArray().Select(e => e.GetProperty("data").GetString()!));
            }
        }

        Assert.Equal(["first", .. blobs], received);
    }

    private static string[] Blobs(int count) =>
        [.. Enumerable.Range(0, count).Select(i => $"{i}:" + new string((char)('a' + (i % 26)), 30_000))];

    private static async Task<(StreamOffset Earliest, StreamOffset Tail)> TrimAsync(IStreamHandle stream, long sequence)
    {
        var found = (DescribeOutcome.Found)await stream.DescribeAsync(Cancel);
        var trimmed = Assert.IsType<TrimOutcome.Trimmed>(
            await stream.TrimAsync(new StreamOffset(found.Descriptor.Tail.Incarnation, sequence), Cancel));
        return (trimmed.Descriptor.Earliest, trimmed.Descriptor.Tail);
    }

    private static Task AppendAsync(IStreamHandle stream, string payload) => AppendAsync(stream, "application/json", payload);

    private static async Task AppendAsync(IStreamHandle stream, string contentType, params string[] payloads)
    {
        var request = new AppendRequest
        {
            ContentType = StreamContentType.Parse(contentType),
            Events = TestData.Payloads(payloads),
        };
        Assert.IsType<AppendOutcome.Appended>(await stream.AppendAsync(request, Cancel));
    }
}
