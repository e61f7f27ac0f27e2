using EventCluster.Abstractions.Streams;
using EventCluster.Edge.Tests.Server;
using EventCluster.TestKit;

namespace EventCluster.Edge.Tests.WebSockets;

/// <summary>What clients receive, over both HTTP versions.</summary>
public sealed class WebSocketDeliveryTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Connect_OnAStream_DeliversBacklogThenLiveThenTheEnd(bool http2)
    {
        await using var server = await EdgeServer.StartAsync();
        var stream = await server.StreamAsync("a/b", "application/json", "1", "{\"x\": [2]}");
        using var client = await SocketClient.ConnectAsync(server, "/v1/stream/a/b", http2);

        var hello = await client.ExpectAsync("hello");
        Assert.Equal("eventcluster.v1", hello.GetProperty("protocol").GetString());
        Assert.Equal(64, hello.GetProperty("limits").GetProperty("subscriptions").GetInt32());
        var subscribed = await client.ExpectAsync("subscribed");
        Assert.Equal("a/b", subscribed.GetProperty("stream").GetString());
        Assert.Equal("application/json", subscribed.GetProperty("contentType").GetString());
        Assert.Equal(["1", "{\"x\": [2]}"], await client.EventsAsync("a/b", 2));

        await AppendAsync(stream, "3");
        var live = await client.ExpectAsync("events");
        var item = Assert.Single(live.GetProperty("events").EnumerateArray().ToArray());
        Assert.Equal(3, item.GetProperty("data").GetInt32());
        await stream.AppendAsync(new AppendRequest { Close = true }, Cancel);
        var end = await client.ExpectAsync("end");
        Assert.Equal(item.GetProperty("offset").GetString(), end.GetProperty("offset").GetString());

        await client.CloseAsync();
        Assert.Equal(1000, client.CloseCode);
        await Phase.UntilAsync("sessions", "0", () => server.Sessions, seen => seen == 0, Cancel);
    }

    [Fact]
    public async Task Connect_AtEveryOffset_DeliversExactlyTheRest()
    {
        await using var server = await EdgeServer.StartAsync();
        await server.StreamAsync("s", "application/json", "0", "1", "2", "3");
        var offsets = new List<string>();
        using (var first = await SocketClient.OpenAsync(server, "/v1/stream/s"))
        {
            offsets.Add((await first.ExpectAsync("subscribed")).GetProperty("offset").GetString()!);
            var events = (await first.ExpectAsync("events")).GetProperty("events");
            offsets.AddRange(events.EnumerateArray().Select(e => e.GetProperty("offset").GetString()!));
        }

        for (var i = 0; i < 4; i++)
        {
            using var client = await SocketClient.OpenAsync(server, $"/v1/stream/s?offset={offsets[i]}");
            Assert.Equal(offsets[i], (await client.ExpectAsync("subscribed")).GetProperty("offset").GetString());
            Assert.Equal(Enumerable.Range(i, 4 - i).Select(n => n.ToString()), await client.EventsAsync("s", 4 - i));
        }

        using var last = await SocketClient.OpenAsync(server, "/v1/stream/s?last=2");
        await last.ExpectAsync("subscribed");
        Assert.Equal(["2", "3"], await last.EventsAsync("s", 2));
    }

    [Theory]
    [InlineData("text/plain", "", "a\r\nb\0\u001f\"\\ 😀 </script>")]
    [InlineData("text/plain", "?encoding=base64", "é\n")]
    [InlineData("application/octet-stream", "", "\u0001\u0002 any bytes")]
    [InlineData("application/json", "", "{\r\n\"a\":\"\\u0000\"}")]
    [InlineData("application/json", "?encoding=base64", "[1, 2]")]
    public async Task Events_OfEachType_AreExact(string contentType, string query, string payload)
    {
        await using var server = await EdgeServer.StartAsync();
        await server.StreamAsync("s", contentType, payload);
        using var client = await SocketClient.OpenAsync(server, "/v1/stream/s" + query);
        await client.ExpectAsync("subscribed");

        var item = (await client.ExpectAsync("events")).GetProperty("events")[0];
        var isBase64 = query.Length > 0 || contentType.EndsWith("octet-stream", StringComparison.Ordinal);
        var received = isBase64
            ? System.Text.Encoding.UTF8.GetString(item.GetProperty("base64").GetBytesFromBase64())
            : contentType == "text/plain" ? item.GetProperty("data").GetString() : item.GetProperty("data").GetRawText();
        Assert.Equal(payload, received);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Events_OfTheLargestSize_ArriveWhole(bool http2)
    {
        await using var server = await EdgeServer.StartAsync();
        var large = "\"" + new string('x', (1024 * 1024) - 2) + "\"";
        await server.StreamAsync("s", "application/json", "1", large, "2");
        using var client = await SocketClient.OpenAsync(server, "/v1/stream/s", http2);
        await client.ExpectAsync("subscribed");

        Assert.Equal(["1", large, "2"], await client.EventsAsync("s", 3));
    }

    [Fact]
    public async Task Credit_UsedUp_KeepsTheRestUntilMoreIsGiven()
    {
        await using var server = await EdgeServer.StartAsync();
        var stream = await server.StreamAsync("s", "application/json", "10", "11", "12", "13");
        using var client = await SocketClient.OpenAsync(server, "/v1/streams");
        await client.SendAsync("""{"type":"subscribe","id":1,"stream":"s","credit":3}""");
        Assert.Equal(1, (await client.ExpectAsync("subscribed")).GetProperty("id").GetInt32());

        // 3 bytes welcome: one whole event, and one more that overdraws.
        Assert.Equal(["10", "11"], await client.EventsAsync("s", 2));
        await client.SendAsync("""{"type":"ping","id":"p"}""");
        Assert.Equal("p", (await client.ExpectAsync("pong")).GetProperty("id").GetString());
        await client.SendAsync("""{"type":"credit","stream":"s","bytes":4}""");
        Assert.Equal(["12", "13"], await client.EventsAsync("s", 2));

        // The end is no event: it costs no credit.
        await stream.AppendAsync(new AppendRequest { Close = true }, Cancel);
        await client.ExpectAsync("end");
    }

    [Fact]
    public async Task Subscribe_ToSeveralStreams_DeliversAllAndStopsAtUnsubscribe()
    {
        await using var server = await EdgeServer.StartAsync();
        var a = await server.StreamAsync("a", "application/json", "1");
        var b = await server.StreamAsync("b", "text/plain", "one");
        using var client = await SocketClient.OpenAsync(server, "/v1/streams?stream=a&stream=b&offset=now");
        var seen = new List<string>();
        for (var i = 0; i < 3; i++)
        {
            var message = await client.ReceiveAsync();
            seen.Add($"{message.GetProperty("type").GetString()} {message.GetProperty("stream").GetString()}");
        }

        Assert.Equal(["events a", "subscribed a", "subscribed b"], seen.Order());
        await AppendAsync(b, "two", "text/plain");
        Assert.Equal(["\"two\""], await client.EventsAsync("b", 1));

        await client.SendAsync("""{"type":"unsubscribe","id":"u","stream":"b"}""");
        Assert.Equal("u", (await client.ExpectAsync("ack")).GetProperty("id").GetString());
        await AppendAsync(b, "three", "text/plain");
        await AppendAsync(a, "2");
        Assert.Equal(["2"], await client.EventsAsync("a", 1));
    }

    [Fact]
    public async Task Subscribe_TakenBackAtOnce_IsAnsweredAllTheSame()
    {
        const int Pairs = 20;
        await using var server = await EdgeServer.StartAsync();
        await server.StreamAsync("a", "application/json", "1");
        using var client = await SocketClient.OpenAsync(server, "/v1/streams");
        for (var i = 0; i < Pairs; i++)
        {
            await client.SendAsync($$"""{"type":"subscribe","id":"s{{i}}","stream":"a","offset":"now"}""");
            await client.SendAsync($$"""{"type":"unsubscribe","id":"u{{i}}","stream":"a"}""");
        }

        for (var i = 0; i < Pairs; i++)
        {
            var begun = await client.ReceiveAsync();
            Assert.Contains(begun.GetProperty("type").GetString(), (string[])["subscribed", "error"]);
            Assert.Equal($"s{i}", begun.GetProperty("id").GetString());
            var ended = await client.ExpectAsync("ack");
            Assert.Equal($"u{i}", ended.GetProperty("id").GetString());
            Assert.Equal(begun.GetProperty("type").GetString() == "subscribed", ended.TryGetProperty("offset", out _));
        }
    }

    [Fact]
    public async Task Id_OfTheLongestLength_ComesBack()
    {
        await using var server = await EdgeServer.StartAsync();
        using var client = await SocketClient.OpenAsync(server, "/v1/streams");
        var id = new string('x', 128);
        await client.SendAsync($$"""{"type":"ping","id":"{{id}}"}""");
        Assert.Equal(id, (await client.ExpectAsync("pong")).GetProperty("id").GetString());
    }

    [Fact]
    public async Task Subscribe_WhenItCannotBe_IsAnAnswerAndTheConnectionGoesOn()
    {
        await using var server = await EdgeServer.StartAsync();
        await server.StreamAsync("a", "application/json", "1");
        using var client = await SocketClient.OpenAsync(server, "/v1/stream/missing");
        Assert.Equal("not_found", (await client.ExpectAsync("error")).GetProperty("code").GetString());
        (string Message, string Code)[] cases =
        [
            ("""{"type":"subscribe","id":7,"stream":"../x"}""", "invalid_name"),
            ("""{"type":"subscribe","id":7,"stream":"a","offset":"zzz"}""", "invalid_offset"),
            ("""{"type":"subscribe","id":7,"stream":"a","offset":5}""", "invalid_offset"),
            ("""{"type":"subscribe","id":7,"stream":"a","offset":"-1","last":3}""", "bad_request"),
            ("""{"type":"subscribe","id":7,"stream":"a","last":0}""", "bad_request"),
            ("""{"type":"subscribe","id":7,"stream":"a","onGap":"x"}""", "bad_request"),
            ("""{"type":"subscribe","id":7,"stream":"a","encoding":"hex"}""", "bad_request"),
            ("""{"type":"subscribe","id":7,"stream":"a","credit":-1}""", "bad_request"),
            ("""{"type":"subscribe","id":7,"stream":"gone"}""", "not_found"),
            ("""{"type":"unsubscribe","id":7,"stream":"a"}""", "bad_request"),
            ("""{"type":"credit","id":7,"stream":"a","bytes":0}""", "bad_request"),
        ];
        foreach (var (message, code) in cases)
        {
            await client.SendAsync(message);
            var error = await client.ExpectAsync("error");
            Assert.Equal((7, code, message), (error.GetProperty("id").GetInt32(), error.GetProperty("code").GetString(), message));
        }

        await client.SendAsync("""{"type":"subscribe","id":8,"stream":"a","offset":null,"onGap":null}""");
        await client.ExpectAsync("subscribed");
        Assert.Equal(["1"], await client.EventsAsync("a", 1));
        await client.SendAsync("""{"type":"subscribe","id":9,"stream":"a"}""");
        Assert.Equal("bad_request", (await client.ExpectAsync("error")).GetProperty("code").GetString());
    }

    private static async Task AppendAsync(IStreamHandle stream, string payload, string contentType = "application/json")
    {
        var request = new AppendRequest
        {
            ContentType = Protocol.StreamContentType.Parse(contentType),
            Events = TestData.Payloads(payload),
        };
        Assert.IsType<AppendOutcome.Appended>(await stream.AppendAsync(request, Cancel));
    }
}
