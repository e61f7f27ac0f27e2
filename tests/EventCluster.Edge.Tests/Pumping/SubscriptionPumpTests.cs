using System.Text;
using System.Text.RegularExpressions;
using EventCluster.Abstractions.Streams;
using EventCluster.Edge.Tests.Feeds;
using EventCluster.TestKit;

namespace EventCluster.Edge.Tests.Pumping;

public sealed partial class SubscriptionPumpTests
{
    private const int Plenty = 64 * 1024;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>
    /// Goal: whoever joins whenever sees every event once, in order. Method: appends go on while connections of both
    /// framings join at positions all over the stream.
    /// </summary>
    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public async Task Run_ConnectionsJoinWhileEventsCome_EachSeesEveryEventOnce(int pumps)
    {
        const int Events = 1_500;
        await using var fixture = new LiveFixture(pumps: pumps);
        var stream = await fixture.Base.CreateAsync("s");
        var readers = new List<Task<IEnumerable<int>>>();
        for (var i = 0; i < Events; i++)
        {
            await FeedFixture.AppendAsync(stream, $"<{i}>");
            if (i % 50 == 0)
            {
                readers.Add(ReadAllAsync(fixture, i % 100 == 0 ? "live=eventsource" : "live=sse&offset=-1", Events));
            }
        }

        foreach (var reader in readers)
        {
            Assert.Equal(Enumerable.Range(0, Events), await Phase.OfAsync("delivery", reader));
        }
    }

    [Fact]
    public async Task Run_ConnectionDoesNotRead_HoldsBoundedBytesAndOthersGoOn()
    {
        await using var fixture = new LiveFixture(feedBytes: 64 * 1024);
        var stream = await fixture.Base.CreateAsync("s");
        var (stalled, quick) = (new PipeBody(16 * 1024), new PipeBody(Plenty));
        _ = fixture.Start(stalled, "s", "live=eventsource");
        _ = fixture.Start(quick, "s", "live=eventsource");
        var (seen, payload) = (new StringBuilder(), new string('x', 1000));
        for (var i = 0; i < 1_000; i++)
        {
            await FeedFixture.AppendAsync(stream, $"<{i}>{payload}");
            if (i % 20 == 19)
            {
                await LiveFixture.ReadUntilAsync(quick, seen, text => text.Contains($"<{i}>", StringComparison.Ordinal));
                seen.Clear();
            }
        }

        // One buffer that filled up, and the slice that did it.
        Assert.InRange(stalled.Written, 1, (16 + 64) * 1024);
        var released = await LiveFixture.ReadUntilAsync(
            stalled, new StringBuilder(), static text => text.Contains("<999>", StringComparison.Ordinal));
        Assert.Equal(Enumerable.Range(0, 1_000), Numbers(released));
    }

    [Fact]
    public async Task Run_NothingComes_SendsHeartbeatsAndNothingElse()
    {
        await using var fixture = new LiveFixture();
        await fixture.Base.CreateAsync("s", "<0>");
        var body = new PipeBody(Plenty);
        _ = fixture.Start(body, "s", "live=eventsource&heartbeat=10");
        var text = new StringBuilder();
        await LiveFixture.ReadUntilAsync(body, text, static text => text.Contains("<0>\n\n", StringComparison.Ordinal));
        await Phase.UntilAsync("on the pump", () => fixture.Pumps.Connections == 1, Token);
        for (var i = 0; i < 3; i++)
        {
            text.Clear();
            Assert.Equal(":\n\n", await Phase.AfterAsync(
                TimeSpan.FromSeconds(10), fixture.Base.Clock, "heartbeat",
                LiveFixture.ReadUntilAsync(body, text, static text => text.Length > 0), Token));
        }
    }

    [Fact]
    public async Task Run_ClientLeaves_FreesConnectionFeedAndUpstreamRead()
    {
        await using var fixture = new LiveFixture();
        await fixture.Base.CreateAsync("s");
        using var leave = new CancellationTokenSource();
        var response = fixture.Start(new PipeBody(Plenty), "s", "live=eventsource", leave);
        await Phase.UntilAsync("on the pump", () => fixture.Pumps.Connections == 1, Token);
        await leave.CancelAsync();
        await Phase.OfAsync("response ends", response);
        Assert.Equal(0, fixture.Pumps.Connections);
        Assert.Equal(0, fixture.Base.Feeds.Count);
        await Phase.UntilAsync("upstream read ended", () => fixture.Base.ParkedReads == 0, Token);
    }

    [Fact]
    public async Task Run_ManyReadersOfOneStream_ShareAllPumps()
    {
        await using var fixture = new LiveFixture(pumps: 4);
        var stream = await fixture.Base.CreateAsync("s");
        var bodies = Enumerable.Range(0, 10).Select(_ => new PipeBody(Plenty)).ToList();
        bodies.ForEach(body => _ = fixture.Start(body, "s", "live=eventsource"));
        await Phase.UntilAsync("on the pumps", () => fixture.Pumps.Connections == 10, Token);

        Assert.Equal([2, 2, 3, 3], fixture.Pumps.Shares.Order());
        await FeedFixture.AppendAsync(stream, "<1>");
        foreach (var body in bodies)
        {
            await LiveFixture.ReadUntilAsync(body, new StringBuilder(), static text => text.Contains("<1>", StringComparison.Ordinal));
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public async Task Run_ServerStops_EndsEveryResponseWithARetry(int pumps)
    {
        await using var fixture = new LiveFixture(pumps: pumps);
        await fixture.Base.CreateAsync("s");
        var bodies = Enumerable.Range(0, 50).Select(_ => new PipeBody(Plenty)).ToList();
        var responses = bodies.ConvertAll(body => fixture.Start(body, "s", "live=eventsource"));
        await Phase.UntilAsync("on the pump", () => fixture.Pumps.Connections == 50, Token);
        fixture.StopApplication();
        await Phase.OfAsync("all end", Task.WhenAll(responses));
        foreach (var body in bodies)
        {
            await body.Writer.FlushAsync(Token);
            var text = await LiveFixture.ReadUntilAsync(
                body, new StringBuilder(), static text => text.Split("retry: ").Length == 3);
            Assert.EndsWith("\n\n", text, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Run_StreamClosesAfterTheLastEvent_EndsEveryResponse()
    {
        await using var fixture = new LiveFixture();
        var stream = await fixture.Base.CreateAsync("s", "<0>");
        var (native, durable) = (new PipeBody(Plenty), new PipeBody(Plenty));
        var responses = Task.WhenAll(
            fixture.Start(native, "s", "live=eventsource"), fixture.Start(durable, "s", "live=sse&offset=-1"));
        await Phase.UntilAsync("on the pump", () => fixture.Pumps.Connections == 2, Token);
        await stream.AppendAsync(new AppendRequest { Events = TestData.Payloads("<1>"), Close = true }, Token);
        await Phase.OfAsync("responses end", responses);
        await native.Writer.FlushAsync(Token);
        await durable.Writer.FlushAsync(Token);
        var text = await LiveFixture.ReadUntilAsync(
            native, new StringBuilder(), static text => text.Contains("event: end", StringComparison.Ordinal));
        Assert.Equal([0, 1], Numbers(text));
        text = await LiveFixture.ReadUntilAsync(
            durable, new StringBuilder(), static text => text.Contains("\"streamClosed\":true", StringComparison.Ordinal));
        Assert.Equal([0, 1], Numbers(text));
    }

    [Fact]
    public async Task Run_DurableFraming_FollowsEveryDataEventByOneControl()
    {
        await using var fixture = new LiveFixture();
        var stream = await fixture.Base.CreateAsync("s");
        var body = new PipeBody(Plenty);
        _ = fixture.Start(body, "s", "live=sse&offset=-1");
        await Phase.UntilAsync("on the pump", () => fixture.Pumps.Connections == 1, Token);
        for (var i = 0; i < 200; i++)
        {
            await FeedFixture.AppendAsync(stream, $"<{i}>");
        }

        var text = await LiveFixture.ReadUntilAsync(
            body, new StringBuilder(), static text => text.Contains("<199>", StringComparison.Ordinal) && text.EndsWith("\n\n", StringComparison.Ordinal));
        var events = text.Split("\n\n", StringSplitOptions.RemoveEmptyEntries).Select(e => e.Split('\n')[0]).ToList();
        Assert.Equal("event: control", events[0]);
        for (var i = 1; i < events.Count; i++)
        {
            Assert.Equal(i % 2 == 1 ? "event: data" : "event: control", events[i]);
        }
    }

    private static async Task<IEnumerable<int>> ReadAllAsync(LiveFixture fixture, string query, int events)
    {
        var body = new PipeBody(Plenty);
        _ = fixture.Start(body, "s", query);
        var text = await LiveFixture.ReadUntilAsync(
            body, new StringBuilder(), text => text.Contains($"<{events - 1}>", StringComparison.Ordinal));
        return Numbers(text);
    }

    private static IEnumerable<int> Numbers(string text) => Number().Matches(text).Select(match => int.Parse(match.Groups[1].Value));

    [GeneratedRegex("<([0-9]+)>")]
    private static partial Regex Number();
}
