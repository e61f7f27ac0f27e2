using EventCluster.Edge.Tests.Server;
using EventCluster.TestKit;

namespace EventCluster.Edge.Tests.Streams;

public sealed class LongPollTests
{
    private const string One = "00000010000000000001";

    [Theory]
    [InlineData("", 20)]
    [InlineData("&wait=60", 60)]
    [InlineData("&wait=1", 1)]
    public async Task Get_NothingComes_Answers204AtTheTail(string query, int seconds)
    {
        await using var server = await EdgeServer.StartAsync();
        await server.CreateAsync("a", "text/plain", "x");
        var waiting = server.SendAsync("GET", $"/v1/stream/a?offset={One}&live=long-poll{query}");
        await server.ParkedAsync(1);

        // A read is counted just before its timer is armed.
        await Phase.UntilAsync(
            "armed timer", $"{seconds} s", () => server.Time.NextDue, due => due == TimeSpan.FromSeconds(seconds),
            TestContext.Current.CancellationToken);
        server.Time.Advance(TimeSpan.FromSeconds(seconds - 0.1));
        Assert.False(waiting.IsCompleted);
        server.Time.Advance(TimeSpan.FromSeconds(0.2));
        var answer = await waiting;
        Assert.Equal((204, One, "true"), (answer.Status, answer["Stream-Next-Offset"], answer["Stream-Up-To-Date"]));
        Assert.True(long.TryParse(answer["Stream-Cursor"], out _));
        Assert.Null(answer.Find("Stream-Closed"));
    }

    [Theory]
    [InlineData("offset=now")]
    [InlineData("offset=" + One)]
    public async Task Get_SomethingComes_AnswersItAtOnce(string query)
    {
        await using var server = await EdgeServer.StartAsync();
        await server.CreateAsync("a", "text/plain", "x");
        var waiting = server.SendAsync("GET", $"/v1/stream/a?{query}&live=long-poll&cursor=7");
        await server.ParkedAsync(1);
        await server.AppendAsync("a", "text/plain", "y");
        var answer = await waiting;
        Assert.Equal((200, "y", "00000010000000000002"), (answer.Status, answer.Text, answer["Stream-Next-Offset"]));
        Assert.True(long.Parse(answer["Stream-Cursor"]) > 7);
        Assert.Equal(query == "offset=now" ? "no-store" : "no-cache", answer["Cache-Control"]);
    }

    [Fact]
    public async Task Get_ClosedAtTheTail_AnswersAtOnceAndAWaiterIsWoken()
    {
        await using var server = await EdgeServer.StartAsync();
        await server.CreateAsync("a", "text/plain", "x");
        var waiting = server.SendAsync("GET", $"/v1/stream/a?offset={One}&live=long-poll");
        await server.ParkedAsync(1);
        await server.SendAsync("POST", "/v1/stream/a", null, "Stream-Closed: true");
        foreach (var answer in new[] { await waiting, await server.SendAsync("GET", $"/v1/stream/a?offset={One}&live=long-poll") })
        {
            Assert.Equal((204, "true"), (answer.Status, answer["Stream-Closed"]));
        }
    }

    [Fact]
    public async Task Get_ClientThatLeaves_FreesItsWait()
    {
        await using var server = await EdgeServer.StartAsync();
        await server.CreateAsync("a", "text/plain", "x");
        var reader = await RawConnection.OpenAsync(server.Port);
        await reader.WriteRequestAsync("GET", "/v1/stream/a?offset=now&live=long-poll", null);
        await server.ParkedAsync(1);
        reader.Reset();
        await server.ParkedAsync(0);
    }

    [Theory]
    [InlineData("live=long-poll")]
    [InlineData("live=sse")]
    public async Task Get_LiveWithoutOffset_Is400(string query)
    {
        await using var server = await EdgeServer.StartAsync();
        await server.CreateAsync("a", "text/plain", "x");
        var answer = await server.SendAsync("GET", "/v1/stream/a?" + query);
        Assert.Equal((400, "invalid_offset"), (answer.Status, answer.Code));
    }
}
