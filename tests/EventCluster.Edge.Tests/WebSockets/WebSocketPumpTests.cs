using System.Text.Json;
using EventCluster.Abstractions.Streams;
using EventCluster.Edge.Tests.Server;
using EventCluster.Protocol;
using EventCluster.TestKit;

namespace EventCluster.Edge.Tests.WebSockets;

/// <summary>WebSockets with one stream are served by the pump once they have caught up, and leave it whenever they have to.</summary>
public sealed class WebSocketPumpTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("application/json", "\"a\"", "\"a\"")]
    [InlineData("text/plain", "a\r\n\"b\"", "\"a\\r\\n\\\"b\\\"\"")]
    [InlineData("application/octet-stream", "abc", "\"YWJj\"")]
    public async Task Events_OnThePump_AreTheSameMessages(string contentType, string payload, string expected)
    {
        await using var server = await EdgeServer.StartAsync();
        var stream = await server.StreamAsync("s/\"x\"", contentType);
        using var client = await SocketClient.OpenAsync(server, "/v1/stream/s/%22x%22");
        await client.ExpectAsync("subscribed");
        await PumpedAsync(server, 1);
        await AppendAsync(stream, contentType, payload, payload);
        Assert.Equal([expected, expected], await client.EventsAsync("s/\"x\"", 2));
        Assert.Equal(1, server.Pumped);
    }

    [Fact]
    public async Task Messages_OfTheClient_AreAnsweredInBetween_AndNothingIsLost()
    {
        const int Rounds = 200;
        await using var server = await EdgeServer.StartAsync();
        await server.StreamAsync("s", "application/json");
        using var client = await SocketClient.OpenAsync(server, "/v1/stream/s");
        await client.ExpectAsync("subscribed");
        await PumpedAsync(server, 1);
        for (var i = 0; i < Rounds; i++)
        {
            await client.SendAsync($$"""{"type":"append","id":{{i}},"stream":"s","events":[{"data":{{i}}}]}""");
        }

        var (acks, events) = (new List<int>(), new List<int>());
        while (acks.Count < Rounds || events.Count < Rounds)
        {
            var message = await client.ReceiveAsync();
            if (message.GetProperty("type").GetString() == "ack")
            {
                acks.Add(message.GetProperty("id").GetInt32());
            }
            else
            {
                events.AddRange(message.GetProperty("events").EnumerateArray().Select(e => e.GetProperty("data").GetInt32()));
            }
        }

        Assert.Equal(Enumerable.Range(0, Rounds), acks);
        Assert.Equal(Enumerable.Range(0, Rounds), events);
        await PumpedAsync(server, 1);
    }

    [Fact]
    public async Task Message_OfASlowClient_NeitherCutsItNorLosesAnything()
    {
        // Goal: a client whose slice is still under way may speak. Method: it takes nothing while far more is appended than
        // buffers hold and another client gets all of it; then it asks, and reads on.
        const int Events = 30;
        await using var server = await EdgeServer.StartAsync();
        var stream = await server.StreamAsync("s", "text/plain");
        using var slow = await RawSocket.ConnectAsync(server, "/v1/stream/s", receiveBuffer: 4096);
        using var normal = await SocketClient.OpenAsync(server, "/v1/stream/s");
        await normal.ExpectAsync("subscribed");
        await PumpedAsync(server, 2);
        string[] blobs = [.. Enumerable.Range(0, Events).Select(i => $"{i}:" + new string('x', 30_000))];
        foreach (var blob in blobs)
        {
            await AppendAsync(stream, "text/plain", blob);
            await normal.EventsAsync("s", 1);
        }

        for (var i = 0; i < 3; i++)
        {
            await slow.SendAsync(RawSocket.TextFrame("""{"type":"ping","id":1}"""));
        }

        var (events, pongs) = (new List<string>(), 0);
        while (events.Count < Events || pongs < 3)
        {
            var (opcode, payload) = await slow.ReceiveAsync();
            Assert.Equal(1, opcode);
            using var message = JsonDocument.Parse(payload);
            switch (message.RootElement.GetProperty("type").GetString())
            {
                case "events":
                    events.AddRange(message.RootElement.GetProperty("events").EnumerateArray().Select(e => e.GetProperty("data").GetString()!));
                    break;
                case "pong":
                    pongs++;
                    break;
            }
        }

        Assert.Equal(blobs, events);
    }

    [Fact]
    public async Task SecondSubscription_TakesTheConnectionOffThePump_AndItsEndBringsItBack()
    {
        await using var server = await EdgeServer.StartAsync();
        var a = await server.StreamAsync("a", "application/json");
        var b = await server.StreamAsync("b", "application/json");
        using var client = await SocketClient.OpenAsync(server, "/v1/stream/a");
        await client.ExpectAsync("subscribed");
        await PumpedAsync(server, 1);
        await client.SendAsync("""{"type":"subscribe","stream":"b"}""");
        await client.ExpectAsync("subscribed");
        await AppendAsync(b, "application/json", "1");
        Assert.Equal(["1"], await client.EventsAsync("b", 1));
        await AppendAsync(a, "application/json", "2");
        Assert.Equal(["2"], await client.EventsAsync("a", 1));
        Assert.Equal(0, server.Pumped);

        await client.SendAsync("""{"type":"unsubscribe","stream":"b"}""");
        await client.ExpectAsync("ack");
        await AppendAsync(a, "application/json", "3");
        Assert.Equal(["3"], await client.EventsAsync("a", 1));
        await PumpedAsync(server, 1);
    }

    [Fact]
    public async Task Clients_ThatLeave_LeaveThePump()
    {
        await using var server = await EdgeServer.StartAsync();
        await server.StreamAsync("s", "application/json");
        using (var socket = await RawSocket.ConnectAsync(server, "/v1/stream/s"))
        using (var client = await SocketClient.OpenAsync(server, "/v1/stream/s", http2: true))
        {
            await client.ExpectAsync("subscribed");
            await PumpedAsync(server, 2);
            await client.CloseAsync();
        }

        await PumpedAsync(server, 0);
        await Phase.UntilAsync("sessions", "0", () => server.Sessions, seen => seen == 0, Cancel);
    }

    private static Task<int> PumpedAsync(EdgeServer server, int count) => Phase.UntilAsync(
        "pumped connections", count.ToString(), () => server.Pumped, seen => seen == count, Cancel);

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
