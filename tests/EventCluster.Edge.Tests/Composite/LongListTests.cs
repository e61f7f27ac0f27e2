using System.Net;
using System.Text;
using System.Text.Json;
using EventCluster.Edge.Tests.Server;

namespace EventCluster.Edge.Tests.Composite;

/// <summary>As many streams with names as long as may be: on the URL in HTTP/1.1 and HTTP/2, and in a body.</summary>
public sealed class LongListTests
{
    /// <summary>512 bytes that a URL carries as 1,536.</summary>
    private static readonly string[] Names =
        [.. Enumerable.Range(0, EdgeLimits.MaxStreamsPerSession).Select(static i => $"{i:d2}" + new string('\u00fc', 255))];

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Get_LongestListOfNames_Fits(bool http2)
    {
        await using var server = await StartAsync();
        var query = string.Join('&', Names.Select(static name => $"stream={Encode(name)}&offset=-1"));
        using var request = Request(server, HttpMethod.Get, "/v1/streams?heartbeat=20&" + query, http2);
        await ExpectAllAsync(request);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Post_LongestListOfNames_AnswersTheSame(bool http2)
    {
        await using var server = await StartAsync();
        using var request = Request(server, HttpMethod.Post, "/v1/streams?heartbeat=20", http2);

        // Each character escaped: the longest way to write them.
        var streams = string.Join(',', Names.Select(static name =>
            "{\"name\":\"" + string.Concat(name.Select(static c => $"\\u{(int)c:x4}")) + "\",\"offset\":\"-1\"}"));
        request.Content = new StringContent($"{{\"streams\":[{streams}]}}", Encoding.UTF8, "application/json");
        await ExpectAllAsync(request);
    }

    [Fact]
    public async Task Post_StartsAndOptions_AreThoseOfTheQuery()
    {
        await using var server = await EdgeServer.StartAsync();
        await server.StreamAsync("a", "application/json", "1", "2", "3");
        await server.StreamAsync("b b", "text/plain", "x", "y");
        await server.StreamAsync("c", "text/plain", "z");
        using var client = await PostAsync(server, """
            {"streams":[{"name":"a","last":1},{"name":"b b","offset":"now","last":null},{"name":"c"}],
             "onGap":"latest","encoding":"base64","heartbeat":5,"window":null,"other":[1]}
            """);
        var seen = new List<string>();
        while (seen.Count < 2)
        {
            var message = await client.ExpectAsync("message");
            seen.AddRange(message.GetProperty("events").EnumerateArray()
                .Select(e => $"{message.GetProperty("stream")} {e.GetProperty("base64")}"));
        }

        seen.Sort(StringComparer.Ordinal);
        Assert.Equal(["a Mw==", "c eg=="], seen);

        // The cursor of its ids works in the header and in the body, whichever way the list was sent.
        await server.AppendAsync("c", "text/plain", "w");
        using var again = await PostAsync(
            server, """{"streams":[{"name":"a"},{"name":"b b"},{"name":"c"}],"cursor":"CURSOR"}""".Replace("CURSOR", client.LastId));
        Assert.Equal("w", (await again.ExpectAsync("message")).GetProperty("events")[0].GetProperty("data").GetString());
        using var source = await EventStreamClient.ConnectAsync(server, "/v1/streams?stream=a&stream=b+b&stream=c", client.LastId);
        Assert.Equal("w", (await source.ExpectAsync("message")).GetProperty("events")[0].GetProperty("data").GetString());
    }

    [Theory]
    [InlineData("", "", 400, "invalid_body")]
    [InlineData("", "x", 400, "invalid_body")]
    [InlineData("", "[]", 400, "invalid_body")]
    [InlineData("", "{\"streams\":{}}", 400, "invalid_body")]
    [InlineData("", "{\"streams\":[\"a\"]}", 400, "invalid_body")]
    [InlineData("", "{\"streams\":[{\"offset\":\"-1\"}]}", 400, "invalid_body")]
    [InlineData("", "{\"streams\":[{\"name\":7}]}", 400, "invalid_body")]
    [InlineData("", "{\"streams\":[{\"name\":\"\\ud800\"}]}", 400, "invalid_body")]
    [InlineData("", "{\"streams\":[{\"name\":\"a\",\"offset\":{}}]}", 400, "invalid_body")]
    [InlineData("", "{\"streams\":[]}", 400, "bad_request")]
    [InlineData("", "{}", 400, "bad_request")]
    [InlineData("", "{\"streams\":[{\"name\":\"..\"}]}", 400, "invalid_name")]
    [InlineData("", "{\"streams\":[{\"name\":\"a\"},{\"name\":\"a\"}]}", 400, "bad_request")]
    [InlineData("", "{\"streams\":[{\"name\":\"a\",\"offset\":\"x\"}]}", 400, "invalid_offset")]
    [InlineData("", "{\"streams\":[{\"name\":\"a\",\"last\":0}]}", 400, "bad_request")]
    [InlineData("", "{\"streams\":[{\"name\":\"a\",\"last\":1,\"offset\":\"-1\"}]}", 400, "bad_request")]
    [InlineData("", "{\"streams\":[{\"name\":\"a\"}],\"heartbeat\":1}", 400, "bad_request")]
    [InlineData("", "{\"streams\":[{\"name\":\"a\"}],\"cursor\":\"x\"}", 400, "invalid_offset")]
    [InlineData("?onGap=fail", "{\"streams\":[{\"name\":\"a\"}],\"onGap\":\"fail\"}", 400, "bad_request")]
    [InlineData("?stream=a", "{\"streams\":[{\"name\":\"a\"}]}", 400, "bad_request")]
    [InlineData("", "{\"streams\":[{\"name\":\"missing\"}]}", 404, "not_found")]
    public async Task Post_ThatIsWrong_SaysSo(string query, string body, int status, string code)
    {
        await using var server = await EdgeServer.StartAsync();
        await server.StreamAsync("a", "text/plain", "x");
        var answer = await server.SendAsync("POST", "/v1/streams" + query, body, "Content-Type: application/json");
        Assert.Equal((status, code), (answer.Status, answer.Code));
    }

    [Fact]
    public async Task Post_BodyAboveItsLimit_Is413()
    {
        await using var server = await EdgeServer.StartAsync();
        var answer = await server.SendAsync("POST", "/v1/streams", new string(' ', EdgeLimits.MaxStreamsBodyBytes + 1));
        Assert.Equal((413, "too_large"), (answer.Status, answer.Code));
    }

    [Theory]
    [InlineData("/v1/streams?stream=")]
    [InlineData("/v1/stream/")]
    [InlineData("/v1/stream/a?x=")]
    [InlineData("/")]
    public async Task Send_TargetAboveItsLimit_Is414WithAReason(string start)
    {
        await using var server = await EdgeServer.StartAsync();
        foreach (var http2 in (bool[])[false, true])
        {
            using var request = Request(server, HttpMethod.Get, start.PadRight(EdgeLimits.MaxTargetBytes + 2, 'a'), http2);
            using var http = new HttpClient();
            using var response = await http.SendAsync(request, TestContext.Current.CancellationToken);
            Assert.Equal(HttpStatusCode.RequestUriTooLong, response.StatusCode);
            var problem = JsonDocument.Parse(await response.Content.ReadAsStreamAsync(TestContext.Current.CancellationToken)).RootElement;
            Assert.Equal("target_too_long", problem.GetProperty("code").GetString());
        }
    }

    private static async Task<EdgeServer> StartAsync()
    {
        var server = await EdgeServer.StartAsync();
        foreach (var name in Names)
        {
            await server.StreamAsync(name, "text/plain", "x");
        }

        return server;
    }

    private static async Task<EventStreamClient> PostAsync(EdgeServer server, string body)
    {
        using var request = Request(server, HttpMethod.Post, "/v1/streams", http2: false);
        request.Content = new StringContent(body, Encoding.UTF8, "application/json");
        return await EventStreamClient.SendAsync(request);
    }

    private static async Task ExpectAllAsync(HttpRequestMessage request)
    {
        using var client = await EventStreamClient.SendAsync(request);
        Assert.True(client.Status == 200, client.Status == 200 ? "" : await client.BodyAsync());
        var seen = new HashSet<string>();
        while (seen.Count < Names.Length)
        {
            Assert.True(seen.Add((await client.ExpectAsync("message")).GetProperty("stream").GetString()!));
        }

        Assert.Empty(Names.Except(seen));
    }

    private static HttpRequestMessage Request(EdgeServer server, HttpMethod method, string target, bool http2)
    {
        var uri = new Uri(
            $"http://127.0.0.1:{(http2 ? server.Http2Port : server.Port)}{target}",
            new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true });
        return new HttpRequestMessage(method, uri)
        {
            Version = http2 ? HttpVersion.Version20 : HttpVersion.Version11,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
    }

    /// <summary>Every byte percent-encoded, also those that need not be.</summary>
    private static string Encode(string name) => string.Concat(Encoding.UTF8.GetBytes(name).Select(static b => $"%{b:x2}"));
}
