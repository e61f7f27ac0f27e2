using System.Text.Json;
using EventCluster.Abstractions.Streams;
using EventCluster.Edge.Tests.Server;
using EventCluster.Edge.Tests.WebSockets;
using EventCluster.Protocol;
using EventCluster.TestKit;

namespace EventCluster.Edge.Tests.Composite;

/// <summary>Several streams as one event stream.</summary>
public sealed class CompositeTransportTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Read_OfSeveralStreams_DeliversAll_ThenEnds_ThenAnswers204()
    {
        await using var server = await EdgeServer.StartAsync();
        var a = await server.StreamAsync("a/x", "application/json", "1", "{\r\n\"n\":\r2}");
        var b = await server.StreamAsync("b", "text/plain", "one");
        using var client = await EventStreamClient.ConnectAsync(server, "/v1/streams?stream=a/x&stream=b&offset=now");
        Assert.Equal(200, client.Status);
        var backlog = await client.ExpectAsync("message");
        Assert.Equal(("events", "a/x", 2), (
            backlog.GetProperty("type").GetString(), backlog.GetProperty("stream").GetString(),
            backlog.GetProperty("events")[1].GetProperty("data").GetProperty("n").GetInt32()));
        Assert.InRange(client.Retry, 1_000, 3_000);

        await AppendAsync(b, "text/plain", "two");
        Assert.Equal("two", (await client.ExpectAsync("message")).GetProperty("events")[0].GetProperty("data").GetString());
        await a.AppendAsync(new AppendRequest { Close = true }, Cancel);
        Assert.Equal("a/x", (await client.ExpectAsync("end")).GetProperty("stream").GetString());
        await b.AppendAsync(new AppendRequest { Close = true }, Cancel);
        Assert.Equal("b", (await client.ExpectAsync("end")).GetProperty("stream").GetString());
        Assert.Null(await client.ReadAsync());

        using var again = await EventStreamClient.ConnectAsync(server, "/v1/streams?stream=a/x&stream=b", client.LastId);
        Assert.Equal(204, again.Status);
    }

    [Fact]
    public async Task Reconnect_AfterEveryEvent_LosesAndRepeatsNothing()
    {
        await using var server = await EdgeServer.StartAsync();
        var random = new Random(7);
        var expected = new Dictionary<string, List<string>>();
        foreach (var name in (string[])["a", "b", "c"])
        {
            expected[name] = [.. Enumerable.Range(0, 20).Select(i => $"{name}{i}")];
            await server.StreamAsync(name, "text/plain", [.. expected[name]]);
        }

        var received = expected.Keys.ToDictionary(name => name, _ => new List<string>());
        string? id = null;
        while (received.Values.Sum(list => list.Count) < 60)
        {
            // The URL still names the first offsets, as a browser's reconnect does; the header wins.
            using var client = await EventStreamClient.ConnectAsync(
                server, "/v1/streams?stream=a&offset=-1&stream=b&stream=c&last=20", id);
            for (var messages = random.Next(1, 3); messages > 0 && received.Values.Sum(list => list.Count) < 60; messages--)
            {
                var message = await client.ExpectAsync("message");
                received[message.GetProperty("stream").GetString()!].AddRange(
                    message.GetProperty("events").EnumerateArray().Select(e => e.GetProperty("data").GetString()!));
            }

            id = client.LastId;
        }

        Assert.Equal(expected, received);
        using var socket = await SocketClient.OpenAsync(server, $"/v1/streams?stream=a&stream=b&stream=c&cursor={id}");
        for (var i = 0; i < 3; i++)
        {
            var subscribed = await socket.ExpectAsync("subscribed");
            Assert.Equal(20, StreamOffset.Parse(subscribed.GetProperty("offset").GetString()).Sequence);
        }
    }

    [Theory]
    [InlineData("/v1/streams", 400, "bad_request")]
    [InlineData("/v1/streams?stream=a&cursor=zzz", 400, "invalid_offset")]
    [InlineData("/v1/streams?stream=a&cursor=", 400, "invalid_offset")]
    [InlineData("/v1/streams?stream=a&offset=-1&cursor=zzz", 400, "bad_request")]
    [InlineData("/v1/streams?stream=a&offset=x", 400, "invalid_offset")]
    [InlineData("/v1/streams?stream=a&credit=1", 400, "bad_request")]
    [InlineData("/v1/streams?stream=a&window=60001", 400, "bad_request")]
    [InlineData("/v1/streams?stream=a&stream=missing", 404, "not_found")]
    [InlineData("/v1/streams?stream=a&onGap=fail&offset=00000010000000000009", 410, "gap")]
    public async Task Request_ThatIsWrong_IsAnHttpErrorBeforeAnyEvent(string path, int status, string code)
    {
        await using var server = await EdgeServer.StartAsync();
        await server.StreamAsync("a", "text/plain", "x");
        using var client = await EventStreamClient.ConnectAsync(server, path);
        var body = await client.BodyAsync();
        Assert.True(client.Status == status, body);
        using var problem = JsonDocument.Parse(body);
        Assert.Equal(code, problem.RootElement.GetProperty("code").GetString());
    }

    [Fact]
    public async Task Cursor_OfAnotherList_Is400InTheQueryAndAGapInTheHeader()
    {
        await using var server = await EdgeServer.StartAsync();
        await server.StreamAsync("a", "text/plain", "x");
        await server.StreamAsync("b", "text/plain", "x");
        using var client = await EventStreamClient.ConnectAsync(server, "/v1/streams?stream=a&stream=b");
        await client.ExpectAsync("message");
        using var other = await EventStreamClient.ConnectAsync(server, $"/v1/streams?stream=b&stream=a&cursor={client.LastId}");
        Assert.Equal(400, other.Status);
        using var source = await EventStreamClient.ConnectAsync(server, "/v1/streams?stream=b&stream=a", client.LastId);
        Assert.Equal("unknown", (await source.ExpectAsync("gap")).GetProperty("reason").GetString());
    }

    [Theory]
    [InlineData("", "x2", "b0")]
    [InlineData("&onGap=latest", "live", "b0")]
    public async Task Gap_OfOneStream_IsToldOnceAndTheOthersGoOn(string policy, string first, string other)
    {
        await using var server = await EdgeServer.StartAsync();
        var a = await server.StreamAsync("a", "text/plain", "x0", "x1", "x2");
        await server.StreamAsync("b", "text/plain", "b0");
        var found = (DescribeOutcome.Found)await a.DescribeAsync(Cancel);
        var start = found.Descriptor.Earliest;
        await a.TrimAsync(new StreamOffset(start.Incarnation, 2), Cancel);
        using var client = await EventStreamClient.ConnectAsync(server, $"/v1/streams?stream=a&offset={start}&stream=b{policy}");
        var gaps = new List<string>();
        var seen = new Dictionary<string, string>();
        while (seen.Count < 2)
        {
            var (name, data) = (await client.ReadAsync())!.Value;
            if (name == "gap")
            {
                using var gap = JsonDocument.Parse(data);
                gaps.Add($"{gap.RootElement.GetProperty("stream")} {gap.RootElement.GetProperty("reason")}");
                if (policy.Length > 0)
                {
                    await AppendAsync(a, "text/plain", "live");
                }
            }
            else if (name == "message" && data.Length > 0)
            {
                using var message = JsonDocument.Parse(data);
                seen.Add(
                    message.RootElement.GetProperty("stream").GetString()!,
                    message.RootElement.GetProperty("events")[0].GetProperty("data").GetString()!);
            }
        }

        Assert.Equal(["a trimmed"], gaps);
        Assert.Equal((first, other), (seen["a"], seen["b"]));

        // The cursor stands behind the gap: it does not come again.
        using var again = await EventStreamClient.ConnectAsync(server, "/v1/streams?stream=a&stream=b", client.LastId);
        await AppendAsync(a, "text/plain", "next");
        Assert.Equal("next", (await again.ExpectAsync("message")).GetProperty("events")[0].GetProperty("data").GetString());
    }

    [Fact]
    public async Task Busy_Stream_DoesNotStarveAQuietOne()
    {
        await using var server = await EdgeServer.StartAsync();
        string[] blobs = [.. Enumerable.Range(0, 200).Select(i => $"{i}" + new string('x', 20_000))];
        await server.StreamAsync("busy", "text/plain", blobs);
        await server.StreamAsync("quiet", "text/plain", "q");
        using var client = await EventStreamClient.ConnectAsync(server, "/v1/streams?stream=busy&stream=quiet");
        var before = 0;
        while ((await client.ExpectAsync("message")).GetProperty("stream").GetString() != "quiet")
        {
            before++;
        }

        Assert.InRange(before, 0, 3);
    }

    [Fact]
    public async Task Delete_OfOneStream_IsTheEndOfThatStreamAlone_AndAFailureOfTheReconnect()
    {
        await using var server = await EdgeServer.StartAsync();
        var a = await server.StreamAsync("a", "text/plain", "x");
        var b = await server.StreamAsync("b", "text/plain");
        using var client = await EventStreamClient.ConnectAsync(server, "/v1/streams?stream=a&stream=b");
        await client.ExpectAsync("message");
        await a.DeleteAsync(Cancel);
        var end = await client.ExpectAsync("end");
        Assert.Equal(("a", "deleted"), (end.GetProperty("stream").GetString(), end.GetProperty("reason").GetString()));
        await AppendAsync(b, "text/plain", "y");
        Assert.Equal("b", (await client.ExpectAsync("message")).GetProperty("stream").GetString());

        using var again = await EventStreamClient.ConnectAsync(server, "/v1/streams?stream=a&stream=b", client.LastId);
        Assert.Equal(404, again.Status);
    }

    [Fact]
    public async Task Silence_BringsAComment_AndAStopTheMoveAndTheDelay()
    {
        await using var server = await EdgeServer.StartAsync();
        await server.StreamAsync("a", "text/plain", "x");
        using var client = await EventStreamClient.ConnectAsync(server, "/v1/streams?stream=a&heartbeat=10");
        await client.ExpectAsync("message");
        for (var i = 0; i < 3; i++)
        {
            await server.AfterAsync(TimeSpan.FromSeconds(10.1), "heartbeat", client.ExpectAsync(":"));
        }

        var stopped = server.StopAsync();
        var move = await client.ExpectAsync("move");
        Assert.Equal("a", move.GetProperty("offsets")[0].GetProperty("stream").GetString());
        await client.ReadAsync();
        Assert.Equal(move.GetProperty("delayMs").GetInt32(), client.Retry);
        Assert.Null(await client.ReadAsync());
        await Phase.OfAsync("stop", stopped);
    }

    [Fact]
    public async Task Put_Is405()
    {
        await using var server = await EdgeServer.StartAsync();
        using var http = new HttpClient();
        using var answer = await http.PutAsync(
            new Uri($"http://127.0.0.1:{server.Port}/v1/streams?stream=a"), new StringContent("x"), Cancel);
        Assert.Equal(405, (int)answer.StatusCode);
        Assert.Equal(["GET", "POST", "OPTIONS"], answer.Content.Headers.Allow);
    }

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
