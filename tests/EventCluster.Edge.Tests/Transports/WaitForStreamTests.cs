using EventCluster.Abstractions.Streams;
using EventCluster.Delivery;
using EventCluster.Edge.Tests.Server;
using EventCluster.Edge.Tests.SignalR;
using EventCluster.Edge.Tests.WebSockets;
using EventCluster.TestKit;

namespace EventCluster.Edge.Tests.Transports;

/// <summary><c>wait-for-stream</c>: a follower that comes before its stream.</summary>
public sealed class WaitForStreamTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <summary>Reads whole frames until one holds a text.</summary>
    private static async Task<string> PastAsync(RawConnection client, string text)
    {
        var seen = "";
        while (!seen.Contains(text, StringComparison.Ordinal))
        {
            seen += await client.ReadUntilAsync("\n\n");
        }

        return seen;
    }

    public static TheoryData<string> EventStreams =>
    [
        "/v1/stream/s?wait-for-stream=30",
        "/v1/stream/s?wait-for-stream=60&offset=now",
        "/v1/stream/s?wait-for-stream=1&last=5",
        "/v1/stream/s?wait-for-stream=30&offset=-1&window=10",
        "/v1/streams?stream=s&wait-for-stream=30",
        "/v1/streams?stream=s&offset=now&stream=there&wait-for-stream=30",
    ];

    [Theory]
    [MemberData(nameof(EventStreams))]
    public async Task EventStream_StreamIsCreatedLater_BeginsAtItsFirstEvent(string url)
    {
        await using var server = await EdgeServer.StartAsync();
        await server.StreamAsync("there", "text/plain");
        using var client = await RawConnection.OpenAsync(server.Port);
        await client.WriteRequestAsync("GET", url, null, "Accept: text/event-stream");
        Assert.Equal(200, (await client.ReadHeadAsync()).Status);
        await Phase.UntilAsync("it waits", () => server.Missing.Count == 1, Cancel);
        using var maker = await RawConnection.OpenAsync(server.Port);
        var made = await maker.SendAsync("PUT", "/v1/stream/s", "<first>"u8.ToArray(), ["Content-Type: text/plain"]);
        Assert.Equal(201, made.Status);
        var seen = await PastAsync(client, "<first>");
        Assert.DoesNotContain("event: gap", seen, StringComparison.Ordinal);
        await Phase.UntilAsync("nobody waits", () => server.Missing.Count == 0, Cancel);
        await server.Directory.GetStream(TestData.Name("s")).AppendAsync(
            new AppendRequest { Events = TestData.Payloads("<second>") }, Cancel);
        await server.AdvanceUntilAsync("the second event", PastAsync(client, "<second>"));
    }

    [Theory]
    [InlineData("/v1/stream/s?wait-for-stream=30")]
    [InlineData("/v1/streams?stream=s&wait-for-stream=30")]
    [InlineData("/v1/streams?stream=there&stream=s&wait-for-stream=30")]
    public async Task EventStream_StreamIsNotCreatedInTime_EndsWithADelay(string url)
    {
        await using var server = await EdgeServer.StartAsync();
        await server.StreamAsync("there", "text/plain");
        using var client = await RawConnection.OpenAsync(server.Port);
        await client.WriteRequestAsync("GET", url, null, "Accept: text/event-stream");
        Assert.Equal(200, (await client.ReadHeadAsync()).Status);
        await Phase.UntilAsync("it waits", () => server.Missing.Count == 1, Cancel);

        // No further than that: after two heartbeats the server would take a client that is slow for one that is gone.
        var reading = client.ReadToEndAsync();
        for (var second = 0; second < 31; second++)
        {
            server.Time.Advance(TimeSpan.FromSeconds(1));
            await Task.WhenAny(reading, Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System, Cancel));
        }

        var seen = await reading;
        Assert.Matches("retry: [0-9]+\n\n$", seen);
        Assert.DoesNotContain("event: failure", seen, StringComparison.Ordinal);
        await Phase.UntilAsync("nobody waits", () => server.Missing.Count == 0, Cancel);
    }

    /// <summary>The cursor of a connection that ended while it waited is good for the next one.</summary>
    [Fact]
    public async Task Composite_CursorOfAMissingStream_GoesOnAtItsFirstEvent()
    {
        await using var server = await EdgeServer.StartAsync();
        await server.StreamAsync("there", "text/plain");
        using var client = await RawConnection.OpenAsync(server.Port);
        await client.WriteRequestAsync("GET", "/v1/streams?stream=there&stream=s&wait-for-stream=5", null, "Accept: text/event-stream");
        await client.ReadHeadAsync();
        var priming = await client.ReadUntilAsync("\n\n");
        var id = priming[(priming.IndexOf("id: ", StringComparison.Ordinal) + 4)..];
        id = id[..id.IndexOf('\n', StringComparison.Ordinal)].Trim();
        using var maker = await RawConnection.OpenAsync(server.Port);
        await maker.SendAsync("PUT", "/v1/stream/s", "<first>"u8.ToArray(), ["Content-Type: text/plain"]);
        using var next = await RawConnection.OpenAsync(server.Port);
        await next.WriteRequestAsync(
            "GET", "/v1/streams?stream=there&stream=s&wait-for-stream=5", null, "Accept: text/event-stream", $"Last-Event-ID: {id}");
        Assert.Equal(200, (await next.ReadHeadAsync()).Status);
        await PastAsync(next, "<first>");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task WebSocket_StreamIsCreatedLater_BeginsAtItsFirstEvent(bool byUrl)
    {
        await using var server = await EdgeServer.StartAsync();
        using var client = await SocketClient.OpenAsync(server, byUrl ? "/v1/stream/s?wait-for-stream=30" : "/v1/streams");
        if (!byUrl)
        {
            await client.SendAsync("""{"type":"subscribe","id":"1","stream":"s","waitForStream":30,"offset":"now"}""");

            // Nothing waits for an answer that waits for its stream.
            await client.SendAsync("""{"type":"append","id":"2","stream":"s","events":[{"data":1}]}""");
            Assert.Equal("not_found", (await client.ExpectAsync("error")).GetProperty("code").GetString());
        }

        await Phase.UntilAsync("it waits", () => server.Missing.Count == 1, Cancel);
        using var maker = await RawConnection.OpenAsync(server.Port);
        await maker.SendAsync("PUT", "/v1/stream/s", "[1]"u8.ToArray(), ["Content-Type: application/json"]);
        await client.ExpectAsync("subscribed");
        Assert.Equal(["1"], await client.EventsAsync("s", 1));
        Assert.Equal(0, server.Missing.Count);
    }

    [Fact]
    public async Task WebSocket_StreamIsNotCreatedInTime_IsAnError_AndUnsubscribeTakesItBack()
    {
        await using var server = await EdgeServer.StartAsync();
        using var client = await SocketClient.OpenAsync(server, "/v1/streams");
        await client.SendAsync("""{"type":"subscribe","id":"1","stream":"s","waitForStream":3}""");
        await Phase.UntilAsync("it waits", () => server.Missing.Count == 1, Cancel);
        for (var i = 0; i < 4; i++)
        {
            server.Time.Advance(TimeSpan.FromSeconds(1));
        }

        var error = await client.ExpectAsync("error");
        Assert.Equal(("1", "not_found"), (error.GetProperty("id").GetString(), error.GetProperty("code").GetString()));
        await client.SendAsync("""{"type":"subscribe","id":"2","stream":"s","waitForStream":60}""");
        await Phase.UntilAsync("it waits", () => server.Missing.Count == 1, Cancel);
        await client.SendAsync("""{"type":"unsubscribe","id":"3","stream":"s"}""");
        Assert.Equal("2", (await client.ExpectAsync("error")).GetProperty("id").GetString());
        Assert.Equal("3", (await client.ExpectAsync("ack")).GetProperty("id").GetString());
        await Phase.UntilAsync("nobody waits", () => server.Missing.Count == 0, Cancel);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task SignalR_StreamIsCreatedLater_BeginsAtItsFirstEvent(bool many)
    {
        await using var server = await EdgeServer.StartAsync();
        await using var client = await HubClient.OpenAsync(server);
        await using var call = many
            ? client.SubscribeMany(new[] { new { stream = "s" } }, new { waitForStream = 30 })
            : client.Subscribe("s", "now", new { waitForStream = 30 });
        var first = call.NextAsync();
        await Phase.UntilAsync("it waits", () => server.Missing.Count == 1, Cancel);
        using var maker = await RawConnection.OpenAsync(server.Port);
        await maker.SendAsync("PUT", "/v1/stream/s", "[1]"u8.ToArray(), ["Content-Type: application/json"]);
        Assert.Equal("subscribed", (await first)!.Value.GetProperty("type").GetString());
        Assert.Equal("events", (await call.NextAsync())!.Value.GetProperty("type").GetString());
    }

    /// <summary>Requests that are answered at once say where waiting is possible; a wrong number says which are allowed.</summary>
    [Theory]
    [InlineData("/v1/stream/s?wait-for-stream=5", "*/*")]
    [InlineData("/v1/stream/s?live=long-poll&offset=-1&wait-for-stream=5", "*/*")]
    [InlineData("/v1/stream/s?live=sse&offset=-1&wait-for-stream=5", "text/event-stream")]
    [InlineData("/v1/stream/s?wait-for-stream=0", "text/event-stream")]
    [InlineData("/v1/stream/s?wait-for-stream=61", "text/event-stream")]
    [InlineData("/v1/stream/s?wait-for-stream=", "text/event-stream")]
    [InlineData("/v1/stream/s?wait-for-stream=1.5", "text/event-stream")]
    [InlineData("/v1/stream/s?wait-for-stream=5&wait-for-stream=5", "text/event-stream")]
    [InlineData("/v1/streams?stream=s&wait-for-stream=x", "text/event-stream")]
    public async Task Get_WhereWaitingMeansNothing_IsABadRequest(string url, string accept)
    {
        await using var server = await EdgeServer.StartAsync();
        using var client = await RawConnection.OpenAsync(server.Port);
        var answer = await client.SendAsync("GET", url, null, [$"Accept: {accept}"]);
        Assert.Equal(400, answer.Status);
        Assert.Contains("wait-for-stream", answer.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"type":"subscribe","id":"1","stream":"s","waitForStream":0}""")]
    [InlineData("""{"type":"subscribe","id":"1","stream":"s","waitForStream":61}""")]
    [InlineData("""{"type":"subscribe","id":"1","stream":"s","waitForStream":"5"}""")]
    [InlineData("""{"type":"subscribe","id":"1","stream":"s","waitForStream":true}""")]
    public async Task WebSocket_WrongNumber_IsAnError(string message)
    {
        await using var server = await EdgeServer.StartAsync();
        using var client = await SocketClient.OpenAsync(server, "/v1/streams");
        await client.SendAsync(message);
        Assert.Contains("1 to 60", (await client.ExpectAsync("error")).GetProperty("detail").GetString(), StringComparison.Ordinal);
    }

    /// <summary>At the limit of names a further one is refused in each transport's form; more followers of a known one are not.</summary>
    [Fact]
    public async Task Wait_MoreNamesThanTheLimit_AreRefused()
    {
        await using var server = await EdgeServer.StartAsync();
        var places = Enumerable.Range(0, DeliveryLimits.MaxMissingStreams).Select(i => server.Missing.TryEnter(TestData.Name($"m{i}"))!).ToList();
        Assert.All(places, Assert.NotNull);
        Assert.Null(server.Missing.TryEnter(TestData.Name("one-more")));
        using (var known = server.Missing.TryEnter(TestData.Name("m0")))
        {
            Assert.NotNull(known);
        }

        foreach (var url in new[] { "/v1/stream/s?wait-for-stream=5", "/v1/streams?stream=s&wait-for-stream=5" })
        {
            using var client = await RawConnection.OpenAsync(server.Port);
            var answer = await client.SendAsync("GET", url, null, ["Accept: text/event-stream"]);
            Assert.Equal((503, "overloaded"), (answer.Status, answer.Code));
            Assert.NotNull(answer.Find("Retry-After"));
        }

        using var socket = await SocketClient.OpenAsync(server, "/v1/streams");
        await socket.SendAsync("""{"type":"subscribe","id":"1","stream":"s","waitForStream":5}""");
        Assert.Equal("overloaded", (await socket.ExpectAsync("error")).GetProperty("code").GetString());
        await using var hub = await HubClient.OpenAsync(server);
        await using var call = hub.Subscribe("s", null, new { waitForStream = 5 });
        Assert.Equal("overloaded", await HubClient.CodeOfAsync(async () => await call.NextAsync()));
        places.ForEach(static place => place.Dispose());
        Assert.Equal(0, server.Missing.Count);
    }

    /// <summary>A stream that another node creates is found by asking, once for all followers of its name.</summary>
    [Fact]
    public async Task Wait_StreamIsCreatedElsewhere_IsFound()
    {
        await using var server = await EdgeServer.StartAsync(clock: TimeProvider.System);
        using var client = await RawConnection.OpenAsync(server.Port);
        await client.WriteRequestAsync("GET", "/v1/stream/s?wait-for-stream=60", null, "Accept: text/event-stream");
        await client.ReadHeadAsync();
        await Phase.UntilAsync("it waits", () => server.Missing.Count == 1, Cancel);
        await server.StreamAsync("s", "text/plain");
        await server.Directory.GetStream(TestData.Name("s")).AppendAsync(
            new AppendRequest { Events = TestData.Payloads("<first>") }, Cancel);
        await PastAsync(client, "<first>");
    }

    [Fact]
    public async Task Wait_ClientLeaves_ItsPlaceIsGivenBack()
    {
        await using var server = await EdgeServer.StartAsync();
        using (var client = await RawConnection.OpenAsync(server.Port))
        {
            await client.WriteRequestAsync("GET", "/v1/stream/s?wait-for-stream=60", null, "Accept: text/event-stream");
            await client.ReadHeadAsync();
            await Phase.UntilAsync("it waits", () => server.Missing.Count == 1, Cancel);
        }

        await Phase.UntilAsync("nobody waits", () => server.Missing.Count == 0, Cancel);
    }
}
