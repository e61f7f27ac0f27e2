using System.Text.Json;
using EventCluster.Edge.Tests.Server;
using EventCluster.Protocol;

namespace EventCluster.Edge.Tests.Streams;

/// <summary><c>envelope=1</c>: each event of a JSON read with its offset, so that a reader can stop after any of them.</summary>
public sealed class EnvelopeTests
{
    [Theory]
    [InlineData("")]
    [InlineData("&limit=2")]
    [InlineData("&last=2")]
    [InlineData("&offset=-1")]
    [InlineData("&offset=-1&live=long-poll")]
    public async Task Get_Envelope_GivesEachEventItsOffset(string query)
    {
        await using var server = await EdgeServer.StartAsync();
        await server.CreateAsync("a", "application/json", "[1, {\"b\": [2]} ,\"c\"]");
        var answer = await server.SendAsync("GET", "/v1/stream/a?envelope=1" + query);
        Assert.Equal(200, answer.Status);
        Assert.Equal(answer["Content-Length"], answer.Body.Length.ToString());
        var plain = await server.SendAsync("GET", "/v1/stream/a" + (query.Length > 0 ? "?" + query[1..] : ""));
        var events = JsonDocument.Parse(answer.Body).RootElement.EnumerateArray().ToArray();
        Assert.Equal(plain.Text, "[" + string.Join(',', events.Select(static e => e.GetProperty("data").GetRawText())) + "]");
        Assert.Equal(answer["Stream-Next-Offset"], events[^1].GetProperty("offset").GetString());
        Assert.NotEqual(plain["ETag"], answer["ETag"]);

        // Whoever stops after any event continues behind it.
        for (var i = 0; i < events.Length - 1; i++)
        {
            var rest = await server.SendAsync(
                "GET", $"/v1/stream/a?envelope=1&limit=1&offset={events[i].GetProperty("offset").GetString()}");
            Assert.Equal($"[{events[i + 1].GetRawText()}]", rest.Text);
        }
    }

    [Fact]
    public async Task Get_EnvelopeOfAFork_NamesOffsetsOfBothHistories()
    {
        await using var server = await EdgeServer.StartAsync();
        await server.CreateAsync("a", "application/json", "[1,2,3]");
        await server.SendAsync(
            "PUT", "/v1/stream/b", "[4]", "Content-Type: application/json", "Stream-Forked-From: /v1/stream/a",
            "Stream-Fork-Offset: 00000010000000000002");
        var events = JsonDocument.Parse((await server.SendAsync("GET", "/v1/stream/b?envelope=1")).Body).RootElement;
        Assert.Equal(3, events.GetArrayLength());
        foreach (var item in events.EnumerateArray())
        {
            var rest = await server.SendAsync("GET", $"/v1/stream/b?offset={item.GetProperty("offset").GetString()}");
            Assert.Equal(200, rest.Status);
        }
    }

    [Fact]
    public async Task Get_EnvelopeOfManyEvents_StaysWithinTheLimitOfAnAnswer()
    {
        await using var server = await EdgeServer.StartAsync();
        await server.CreateAsync("a", "application/json");
        for (var i = 0; i < 3; i++)
        {
            await server.AppendAsync("a", "application/json", $"[{string.Join(',', Enumerable.Repeat("\"" + new string('x', 98) + "\"", 9_000))}]");
        }

        var answer = await server.SendAsync("GET", "/v1/stream/a?envelope=1");
        Assert.InRange(answer.Body.Length, ProtocolLimits.MaxReadAnswerBytes / 2, ProtocolLimits.MaxReadAnswerBytes);
        Assert.Equal("private, max-age=60", answer["Cache-Control"]);
    }

    [Theory]
    [InlineData("text/plain", "?envelope=1", 400)]
    [InlineData("image/png", "?envelope=1&offset=-1&live=long-poll", 400)]
    [InlineData("application/json", "?envelope=0", 400)]
    [InlineData("application/json", "?envelope=true", 400)]
    [InlineData("application/json", "?envelope=1&envelope=1", 400)]
    [InlineData("application/json", "?envelope=1&offset=-1&live=sse", 400)]
    [InlineData("application/json", "?envelope=1&live=eventsource", 400)]
    [InlineData("application/json", "?envelope=1&offset=now", 200)]
    public async Task Get_EnvelopeWhereThereIsNone_Is400(string type, string query, int status)
    {
        await using var server = await EdgeServer.StartAsync();
        await server.CreateAsync("a", type, "1");
        var answer = await server.SendAsync("GET", "/v1/stream/a" + query);
        Assert.Equal(status, answer.Status);
        Assert.Contains(status == 400 ? "envelope" : "[]", answer.Text, StringComparison.Ordinal);
    }
}
