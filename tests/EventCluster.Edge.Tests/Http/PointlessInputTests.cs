using System.Text;
using System.Text.Json;
using EventCluster.Edge.Tests.Server;
using EventCluster.Edge.Tests.SignalR;
using EventCluster.Edge.Tests.WebSockets;

namespace EventCluster.Edge.Tests.Http;

/// <summary>
/// What would be accepted and then have no effect, or could have none, is refused with what is allowed: values, and parameters
/// of another way of reading or of another verb.
/// </summary>
public sealed class PointlessInputTests
{
    private static readonly string[] Followers = ["live=sse&offset=-1", "live=eventsource"];
    private static readonly string[] Answers = ["offset=-1", "live=long-poll&offset=-1"];

    /// <summary>A query of one stream, and words of the refusal.</summary>
    public static TheoryData<string, string> Reads
    {
        get
        {
            var table = new TheoryData<string, string>
            {
                { "limit=0", "limit must be 1 to" }, { "limit=10001", "limit must be 1 to" }, { "limit=-1", "limit must be 1 to" },
                { "limit=", "limit must be 1 to" }, { "limit=1.5", "limit must be 1 to" }, { "last=0", "last must be 1 to" },
                { "last=10001", "last must be 1 to" }, { "live=long-poll&offset=-1&wait=0", "wait must be 1 to 60" },
                { "live=long-poll&offset=-1&wait=61", "wait must be 1 to 60" },
                { "live=eventsource&heartbeat=0", "heartbeat must be 5 to 120" },
                { "live=eventsource&heartbeat=4", "heartbeat must be 5 to 120" },
                { "live=eventsource&heartbeat=121", "heartbeat must be 5 to 120" },
                { "live=eventsource&window=-1", "window must be 0 (off) to 60,000" },
                { "live=eventsource&window=60001", "window must be 0 (off) to 60,000" },
                { "live=eventsource&wait-for-stream=0", "wait-for-stream must be 1 to 60" },
                { "live=eventsource&wait-for-stream=61", "wait-for-stream must be 1 to 60" },
                { "live=eventsource&onGap=", "onGap must be" }, { "live=eventsource&encoding=hex", "encoding must be" },
                { "envelope=0", "envelope must be 1" }, { "offset=-1&wait=5", "wait is for live=long-poll" },
                { "live=sse&offset=-1&wait-for-stream=5", "wait-for-stream is for followers" },
            };
            foreach (var follower in Followers)
            {
                table.Add($"{follower}&limit=5", "limit is for reads that answer once");
                table.Add($"{follower}&envelope=1", "envelope is for reads that answer once");
                table.Add($"{follower}&wait=5", "wait is for live=long-poll");
            }

            foreach (var answer in Answers)
            {
                table.Add($"{answer}&heartbeat=5", "heartbeat is for followers");
                table.Add($"{answer}&window=100", "window is for followers");
                table.Add($"{answer}&window=0", "window is for followers");
                table.Add($"{answer}&wait-for-stream=5", "wait-for-stream is for followers");
            }

            return table;
        }
    }

    [Theory]
    [MemberData(nameof(Reads))]
    public async Task Read_WithoutPoint_Is400(string query, string words)
    {
        await using var server = await EdgeServer.StartAsync();
        await server.StreamAsync("s", "application/json", "1");

        AssertRefused(await server.SendAsync("GET", $"/v1/stream/s?{query}"), words);
    }

    /// <summary>As above, by <c>Accept</c> alone: the same query has a point, or has none.</summary>
    [Theory]
    [InlineData("limit=5", "limit is for reads that answer once")]
    [InlineData("wait=5", "wait is for live=long-poll")]
    [InlineData("envelope=1", "envelope is for reads that answer once")]
    public async Task Read_ByEventSourceWithoutPoint_Is400(string query, string words)
    {
        await using var server = await EdgeServer.StartAsync();
        await server.StreamAsync("s", "application/json", "1");

        AssertRefused(await server.SendAsync("GET", $"/v1/stream/s?{query}", null, "Accept: text/event-stream"), words);
    }

    [Theory]
    [InlineData("limit=5", "limit is for reads of one stream")]
    [InlineData("wait=5", "wait is for reads of one stream")]
    [InlineData("envelope=1", "envelope is for reads of one stream")]
    [InlineData("credit=5", "credit needs a WebSocket")]
    [InlineData("maxMessageBytes=32768", "maxMessageBytes needs a WebSocket")]
    [InlineData("heartbeat=4", "heartbeat must be 5 to 120")]
    [InlineData("window=60001", "window must be 0 (off) to 60,000")]
    [InlineData("last=0", "last must be 1 to")]
    [InlineData("wait-for-stream=61", "wait-for-stream must be 1 to 60")]
    public async Task ReadOfSeveral_WithoutPoint_Is400(string query, string words)
    {
        await using var server = await EdgeServer.StartAsync();
        await server.StreamAsync("s", "application/json", "1");

        AssertRefused(await server.SendAsync("GET", $"/v1/streams?stream=s&{query}"), words);
        if (!query.StartsWith("last", StringComparison.Ordinal))
        {
            var member = query.Split('=');
            var body = $$"""{"streams":[{"name":"s"}],"{{member[0]}}":{{member[1]}}}""";
            AssertRefused(await server.SendAsync("POST", "/v1/streams", body, "Content-Type: application/json"), words);
        }
    }

    [Theory]
    [InlineData("""{"streams":[{"name":"s"}],"offset":"-1"}""", "offset belongs to a stream")]
    [InlineData("""{"streams":[{"name":"s","onGap":"fail"}]}""", "onGap is of all streams")]
    [InlineData("""{"streams":[{"name":"s","window":5}]}""", "window is of all streams")]
    [InlineData("""{"streams":[{"name":"s"}],"waitForStream":0}""", "wait-for-stream must be 1 to 60")]
    public async Task ReadOfSeveral_MemberInTheWrongPlace_Is400(string body, string words)
    {
        await using var server = await EdgeServer.StartAsync();
        await server.StreamAsync("s", "application/json", "1");

        AssertRefused(await server.SendAsync("POST", "/v1/streams", body, "Content-Type: application/json"), words);
    }

    [Theory]
    [InlineData("PUT", null, "Stream-TTL: 0", "must be at least 1 second")]
    [InlineData("PUT", null, "Stream-TTL: -1", "Stream-TTL must be whole seconds")]
    [InlineData("PUT", null, "Stream-Expires-At: 2001-01-31T12:00:00Z", "is in the past")]
    [InlineData("PUT", null, "Stream-Retain-Events: 0", "must be an integer from 1")]
    [InlineData("PUT", null, "Stream-Retain-Bytes: 0", "must be an integer from 1")]
    [InlineData("PUT", null, "Stream-Retain-Age: 0", "must be an integer from 1")]
    [InlineData("PUT", null, "Stream-Seq: 1", "Stream-Seq is for POST")]
    [InlineData("PUT", null, "Producer-Id: p", "Producer-Id is for POST")]
    [InlineData("PUT", null, "Stream-Trim-Before: 00000000000000000000", "Stream-Trim-Before is for POST")]
    [InlineData("PUT", null, "Stream-Expected-Offset: 00000000000000000000", "Stream-Expected-Offset is for POST")]
    [InlineData("POST", "1", "Stream-TTL: 60", "Stream-TTL is for PUT")]
    [InlineData("POST", "1", "Stream-Expires-At: 2090-01-31T12:00:00Z", "Stream-Expires-At is for PUT")]
    [InlineData("POST", "1", "Stream-Forked-From: /v1/stream/a", "Stream-Forked-From is for PUT")]
    [InlineData("POST", null, "Stream-Retain-Events: 0", "must be an integer from 1")]
    [InlineData("POST", null, "Stream-Retain-Events: 5\r\nStream-Seq: 1", "Stream-Seq is for appends")]
    [InlineData("POST", null, "Stream-Retain-Events: 5\r\nStream-TTL: 60", "Stream-TTL is for PUT")]
    [InlineData("POST", null, "Stream-Retain-Events: 5\r\nProducer-Id: p", "Producer-Id is for appends")]
    public async Task Change_WithoutPoint_Is400(string method, string? body, string header, string words)
    {
        await using var server = await EdgeServer.StartAsync();
        await server.StreamAsync("s", "application/json", "1");
        var url = method == "PUT" ? "/v1/stream/new" : "/v1/stream/s";

        AssertRefused(await server.SendAsync(method, url, body, ["Content-Type: application/json", .. header.Split("\r\n")]), words);

        Assert.Equal(404, (await server.SendAsync("HEAD", "/v1/stream/new")).Status);
        Assert.Equal("[1]", Encoding.UTF8.GetString((await server.SendAsync("GET", "/v1/stream/s")).Body));
    }

    [Theory]
    [InlineData("limit=5", "limit is for reads of one stream")]
    [InlineData("wait=5", "wait is for reads of one stream")]
    [InlineData("heartbeat=4", "heartbeat must be 5 to 120")]
    [InlineData("window=60001", "window must be 0 (off) to 60,000")]
    [InlineData("credit=-1", "credit must be a whole number")]
    [InlineData("maxMessageBytes=1", "maxMessageBytes must be")]
    [InlineData("last=0", "last must be 1 to")]
    [InlineData("wait-for-stream=0", "wait-for-stream must be 1 to 60")]
    public async Task WebSocket_QueryWithoutPoint_Is400(string query, string words)
    {
        await using var server = await EdgeServer.StartAsync();
        await server.StreamAsync("s", "application/json", "1");
        foreach (var url in (string[])[$"/v1/stream/s?{query}", $"/v1/streams?stream=s&{query}"])
        {
            AssertRefused(
                await server.SendAsync(
                    "GET", url, null, "Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13",
                    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", "Sec-WebSocket-Protocol: eventcluster.v1"),
                words);
        }
    }

    [Theory]
    [InlineData("\"last\":0", "last must be 1 to")]
    [InlineData("\"credit\":-1", "credit must be a whole number")]
    [InlineData("\"credit\":\"5\"", "credit must be a whole number")]
    [InlineData("\"waitForStream\":0", "waitForStream must be 1 to 60")]
    [InlineData("\"waitForStream\":61", "waitForStream must be 1 to 60")]
    [InlineData("\"maxMessageBytes\":8191", "maxMessageBytes must be")]
    [InlineData("\"window\":100", "window is of the whole connection")]
    [InlineData("\"cursor\":\"x\"", "cursor is of several streams")]
    [InlineData("\"bytes\":100", "bytes belongs to credit")]
    [InlineData("\"onGap\":\"\"", "onGap must be")]
    [InlineData("\"encoding\":\"hex\"", "encoding must be")]
    public async Task WebSocket_SubscribeWithoutPoint_IsAnError(string member, string words)
    {
        await using var server = await EdgeServer.StartAsync();
        await server.StreamAsync("s", "application/json", "1");
        using var socket = await SocketClient.OpenAsync(server, "/v1/streams");
        await socket.SendAsync($$"""{"type":"subscribe","id":1,"stream":"s",{{member}}}""");
        var answer = await socket.ReceiveAsync();

        Assert.Equal("error", answer.GetProperty("type").GetString());
        Assert.Equal("bad_request", answer.GetProperty("code").GetString());
        Assert.Contains(words, answer.GetProperty("detail").GetString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"last":0}""", "last must be 1 to")]
    [InlineData("""{"credit":100}""", "credit needs a WebSocket")]
    [InlineData("""{"window":60001}""", "window must be 0 (off) to 60,000")]
    [InlineData("""{"waitForStream":0}""", "waitForStream must be 1 to 60")]
    [InlineData("""{"maxMessageBytes":1}""", "maxMessageBytes must be")]
    [InlineData("""{"cursor":"x"}""", "cursor belongs to SubscribeMany")]
    [InlineData("""{"onGap":""}""", "onGap must be")]
    public async Task Hub_SubscribeWithoutPoint_IsAnError(string options, string words)
    {
        await using var server = await EdgeServer.StartAsync();
        await server.StreamAsync("s", "application/json", "1");
        await using var client = await HubClient.OpenAsync(server);

        await AssertRefusedAsync(client, "Subscribe", ["s", null, Parse(options)], words);
        if (!options.Contains("cursor", StringComparison.Ordinal) && !options.Contains("last", StringComparison.Ordinal))
        {
            await AssertRefusedAsync(client, "SubscribeMany", [Parse("""[{"stream":"s"}]"""), Parse(options)], words);
        }
    }

    [Theory]
    [InlineData("onGap", "\"fail\"")]
    [InlineData("encoding", "\"base64\"")]
    [InlineData("window", "5")]
    [InlineData("waitForStream", "5")]
    [InlineData("maxMessageBytes", "32768")]
    [InlineData("cursor", "\"x\"")]
    public async Task Hub_SubscribeManyWithAnOptionAtAStream_IsAnError(string name, string value)
    {
        await using var server = await EdgeServer.StartAsync();
        await server.StreamAsync("s", "application/json", "1");
        await using var client = await HubClient.OpenAsync(server);

        await AssertRefusedAsync(
            client, "SubscribeMany", [Parse($$"""[{"stream":"s","{{name}}":{{value}}}]"""), null], $"{name} is of all streams");
    }

    private static JsonElement Parse(string json)
    {
        using var document = JsonDocument.Parse(json);
        return document.RootElement.Clone();
    }

    private static async Task AssertRefusedAsync(HubClient client, string method, object?[] arguments, string words)
    {
        var error = await HubClient.ErrorOfAsync(async () =>
        {
            await foreach (var _ in client.Connection.StreamAsyncCore<JsonElement>(
                method, arguments, TestContext.Current.CancellationToken))
            {
            }
        });
        Assert.Equal("bad_request", error.GetProperty("code").GetString());
        Assert.Contains(words, error.GetProperty("detail").GetString(), StringComparison.Ordinal);
    }

    private static void AssertRefused(Answer answer, string words)
    {
        Assert.Equal(400, answer.Status);
        Assert.Contains(words, answer.Problem.GetProperty("detail").GetString(), StringComparison.Ordinal);
    }
}
