using EventCluster.Abstractions.Streams;
using EventCluster.Delivery;
using EventCluster.Delivery.Feeds;
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

        // The wait is made of heartbeats, each of which is set after the one before.
        var reading = client.ReadToEndAsync();
        for (var second = 0; second < 30; second++)
        {
            server.Time.Advance(TimeSpan.FromSeconds(1));
            await Task.WhenAny(reading, Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System, Cancel));
        }

        var seen = await server.AfterAsync(TimeSpan.FromSeconds(1), "the end", reading);
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
        var error = await server.AfterAsync(TimeSpan.FromSeconds(4), "the error", client.ExpectAsync("error"));
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
        var places = Enumerable.Range(0, DeliveryLimits.MaxMissingStreams).Select(i => server.Missing.TryEnter(TestData.Name($"m{i}"), Each(i))!).ToList();
        Assert.All(places, Assert.NotNull);
        Assert.Null(server.Missing.TryEnter(TestData.Name("one-more"), Each(1_000)));
        using (var known = server.Missing.TryEnter(TestData.Name("m0"), Each(1_000)))
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

    /// <summary>
    /// Goal: one client cannot keep the others out. Method: it takes all names, in each transport's way to hold many, then others come
    /// from the same address and from another one; each gets a place, and the client that has most loses one, with a delay or 503.
    /// </summary>
    [Theory]
    [InlineData("10.0.0.1", "c0")]
    [InlineData("127.0.0.1", "other")]
    public async Task Wait_OneClientHasAllNames_OthersGetTheirShare(string address, string connection)
    {
        await using var server = await EdgeServer.StartAsync();
        var greedy = Enumerable.Range(0, DeliveryLimits.MaxMissingStreams)
            .Select(i => server.Missing.TryEnter(TestData.Name($"m{i}"), new WaitingClient(address, connection))!).ToList();
        using var event1 = await RawConnection.OpenAsync(server.Port);
        await event1.WriteRequestAsync("GET", "/v1/stream/s1?wait-for-stream=60", null, "Accept: text/event-stream");
        Assert.Equal(200, (await event1.ReadHeadAsync()).Status);
        using var several = await RawConnection.OpenAsync(server.Port);
        await several.WriteRequestAsync("GET", "/v1/streams?stream=s2&stream=s3&wait-for-stream=60", null, "Accept: text/event-stream");
        Assert.Equal(200, (await several.ReadHeadAsync()).Status);
        using var socket = await SocketClient.OpenAsync(server, "/v1/streams");
        await socket.SendAsync("""{"type":"subscribe","id":"1","stream":"s4","waitForStream":60}""");
        await using var hub = await HubClient.OpenAsync(server);
        await using var call = hub.Subscribe("s5", null, new { waitForStream = 60 });
        var first = call.NextAsync();
        await Phase.UntilAsync("five others wait", () => greedy.Count(static place => place.IsGivenUp) == 5, Cancel);
        Assert.Equal(DeliveryLimits.MaxMissingStreams, server.Missing.Count);
        foreach (var name in (string[])["s1", "s2", "s3", "s4", "s5"])
        {
            await server.StreamAsync(name, "application/json", "1");
        }

        server.Missing.OnCreated(TestData.Name("s4"));
        server.Missing.OnCreated(TestData.Name("s5"));
        await socket.ExpectAsync("subscribed");
        Assert.Equal("subscribed", (await Phase.OfAsync("the call begins", first))?.GetProperty("type").GetString());
        greedy.ForEach(static place => place.Dispose());
    }

    /// <summary>Addresses share what there is, then the connections of one; nobody takes from who has as little as oneself.</summary>
    /// <param name="holders">Who waits: address, connection and names; # is another one for each name.</param>
    /// <param name="address">Where one more comes from, on a connection of its own.</param>
    /// <param name="gets">How many places it gets.</param>
    [Theory]
    [InlineData("a c 1000", "b", 500)]
    [InlineData("a c 1000", "a", 500)]
    [InlineData("a # 1000", "b", 500)]
    [InlineData("a # 1000", "a", 0)]
    [InlineData("# c 1000", "b", 0)]
    [InlineData("a c 500,b c 500", "d", 333)]
    [InlineData("a c 999,b c 1", "b", 499)]
    [InlineData("a c 998,a d 2", "a", 499)]
    public async Task Enter_WhenFull_SharesFairly(string holders, string address, int gets)
    {
        await using var server = await EdgeServer.StartAsync();
        List<MissingStreams.Place> places = [];
        foreach (var holder in holders.Split(','))
        {
            var parts = holder.Split(' ');
            for (var i = 0; i < int.Parse(parts[2]); i++)
            {
                var client = new WaitingClient(parts[0].Replace("#", $"a{i}"), parts[1].Replace("#", $"c{i}"));
                places.Add(server.Missing.TryEnter(TestData.Name($"{holder[0]}{parts[1]}{i}".Replace('#', 'x')), client)!);
            }
        }

        var held = places.Count;
        while (places.Count - held <= DeliveryLimits.MaxMissingStreams
            && server.Missing.TryEnter(TestData.Name($"new{places.Count}"), new WaitingClient(address, "new")) is { } place)
        {
            places.Add(place);
        }

        Assert.Equal(gets, places.Count - held);
        Assert.Equal(gets, places.Count(static place => place.IsGivenUp));
        Assert.Equal(DeliveryLimits.MaxMissingStreams, server.Missing.Count);
        places.ForEach(static place => place.Dispose());
        Assert.Equal(0, server.Missing.Count);
    }

    [Theory]
    [InlineData("10.1.2.3", "::ffff:10.1.2.3", true)]
    [InlineData("10.1.2.3", "10.1.2.4", false)]
    [InlineData("2001:db8:0:1::1", "2001:db8:0:1:ffff::9", true)]
    [InlineData("2001:db8:0:1::1", "2001:db8:0:2::1", false)]
    [InlineData("::1", "::2", false)]
    public void AddressOf_ANetworkOfOneClient_IsOne(string left, string right, bool isOne) => Assert.Equal(
        isOne, WaitingClient.AddressOf(System.Net.IPAddress.Parse(left)) == WaitingClient.AddressOf(System.Net.IPAddress.Parse(right)));

    /// <summary>Who loses its place while it waits is told in its transport's form, so that it comes back.</summary>
    [Theory]
    [InlineData("/v1/stream/s?wait-for-stream=60")]
    [InlineData("/v1/streams?stream=s&wait-for-stream=60")]
    public async Task EventStream_ItsPlaceIsNeeded_EndsWithADelay(string url)
    {
        await using var server = await EdgeServer.StartAsync();
        using var client = await RawConnection.OpenAsync(server.Port);
        await client.WriteRequestAsync("GET", url, null, "Accept: text/event-stream");
        Assert.Equal(200, (await client.ReadHeadAsync()).Status);
        await Phase.UntilAsync("it waits", () => server.Missing.Count == 1, Cancel);

        // The same client takes the rest, one connection more each; then others need places until this one is the largest.
        var places = Enumerable.Range(1, DeliveryLimits.MaxMissingStreams - 1)
            .Select(i => server.Missing.TryEnter(TestData.Name($"m{i}"), new WaitingClient("127.0.0.1", $"c{i}"))!).ToList();
        for (var i = 0; i < DeliveryLimits.MaxMissingStreams / 2 && server.Missing.TryEnter(TestData.Name($"n{i}"), new WaitingClient("b", "c")) is { } place; i++)
        {
            places.Add(place);
        }

        Assert.Contains("retry:", await Phase.OfAsync("it ends", client.ReadToEndAsync()), StringComparison.Ordinal);
        places.ForEach(static place => place.Dispose());
    }

    [Fact]
    public async Task WebSocket_ItsPlaceIsNeeded_IsToldOverloaded()
    {
        await using var server = await EdgeServer.StartAsync();
        using var socket = await SocketClient.OpenAsync(server, "/v1/streams");
        await socket.SendAsync("""{"type":"subscribe","id":"1","stream":"s","waitForStream":60}""");
        await Phase.UntilAsync("it waits", () => server.Missing.Count == 1, Cancel);
        var places = Enumerable.Range(1, DeliveryLimits.MaxMissingStreams - 1)
            .Select(i => server.Missing.TryEnter(TestData.Name($"m{i}"), new WaitingClient("127.0.0.1", $"c{i}"))!).ToList();
        for (var i = 0; i < DeliveryLimits.MaxMissingStreams / 2 && server.Missing.TryEnter(TestData.Name($"n{i}"), new WaitingClient("b", "c")) is { } place; i++)
        {
            places.Add(place);
        }

        Assert.Equal("overloaded", (await socket.ExpectAsync("error")).GetProperty("code").GetString());
        places.ForEach(static place => place.Dispose());
    }

    private static WaitingClient Each(int i) => new($"a{i}", "c");

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
