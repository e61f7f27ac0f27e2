using System.Text;
using EventCluster.Edge.Tests.Feeds;
using EventCluster.TestKit;

namespace EventCluster.Edge.Tests.Pumping;

public sealed class WindowTests
{
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(10);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>
    /// Goal: a radio wakes at most 7 times a minute. Method: 100 events/s for a minute on a virtual clock; writes closer
    /// together than a second are one burst. The bytes are the ones that a reader without a window gets.
    /// </summary>
    [Theory]
    [InlineData("live=eventsource", 1)]
    [InlineData("live=eventsource&heartbeat=5", 1)]
    [InlineData("live=sse&offset=-1", 0)]
    public async Task Read_WindowOfTenSeconds_WritesAtMostSevenBurstsAMinute(string query, int comparable)
    {
        await using var fixture = new LiveFixture();
        var stream = await fixture.Base.CreateAsync("s");
        var clock = fixture.Base.Clock;
        var bursts = new List<TimeSpan>();
        var (windowed, plain) = (new PipeBody(1 << 20), new PipeBody(1 << 20));
        windowed.OnFlush = () =>
        {
            lock (bursts)
            {
                if (bursts.Count == 0 || clock.Elapsed - bursts[^1] > TimeSpan.FromSeconds(1))
                {
                    bursts.Add(clock.Elapsed);
                }
            }
        };
        var theirs = new StringBuilder();
        _ = fixture.Start(windowed, "s", query + "&window=10000");
        _ = fixture.Start(plain, "s", query);
        for (var i = 0; i < 6_000; i++)
        {
            await FeedFixture.AppendAsync(stream, $"<{i}>");
            clock.Advance(Step);
            if (i % 100 == 99)
            {
                // The virtual second does not end before the server has done its part of it.
                await LiveFixture.ReadUntilAsync(plain, theirs, text => text.Contains($"<{i}>", StringComparison.Ordinal));
            }
        }

        lock (bursts)
        {
            Assert.InRange(bursts.Count, 2, 7);
        }

        var ours = await Phase.AfterAsync(TimeSpan.FromSeconds(10), clock, "the last window", ReadAsync(windowed), Token);
        if (comparable == 1)
        {
            Assert.Equal(Events(theirs.ToString()), Events(ours));
        }

        Assert.Equal(Enumerable.Range(0, 6_000).Select(n => $"<{n}>"), Numbers(ours));
    }

    [Fact]
    public async Task Read_WindowWithNothingNew_BeatsNoMoreOftenThanTheWindow()
    {
        await using var fixture = new LiveFixture();
        await fixture.Base.CreateAsync("s");
        var (body, flushes) = (new PipeBody(1 << 20), 0);
        body.OnFlush = () => Interlocked.Increment(ref flushes);
        _ = fixture.Start(body, "s", "live=eventsource&window=30000&heartbeat=5");
        await Phase.UntilAsync("primed", () => Volatile.Read(ref flushes) == 1, Token);
        for (var i = 1; i <= 4; i++)
        {
            fixture.Base.Clock.Advance(TimeSpan.FromSeconds(30));
            await Phase.UntilAsync("timer armed", () => fixture.Base.Clock.ArmedTimers > 0, Token);
        }

        Assert.InRange(Volatile.Read(ref flushes), 1, 5);
    }

    [Fact]
    public async Task Read_WindowFillsUp_IsSentEarly()
    {
        await using var fixture = new LiveFixture();
        var stream = await fixture.Base.CreateAsync("s");
        var body = new PipeBody(8 << 20);
        _ = fixture.Start(body, "s", "live=eventsource&window=60000");
        await Phase.UntilAsync("primed", () => body.Written > 0, Token);
        await Phase.UntilAsync("feed waits", () => fixture.Base.ParkedReads == 1, Token);
        var payload = new string('x', 10_000);
        for (var i = 0; i < 110; i++)
        {
            await FeedFixture.AppendAsync(stream, $"<{i}>{payload}");
        }

        await LiveFixture.ReadUntilAsync(
            body, new StringBuilder(), static text => text.Contains("<100>", StringComparison.Ordinal));
        Assert.Equal(TimeSpan.Zero, fixture.Base.Clock.Elapsed);
    }

    private static async Task<string> ReadAsync(PipeBody body) => await LiveFixture.ReadUntilAsync(
        body, new StringBuilder(), static text => text.Contains("<5999>", StringComparison.Ordinal));

    private static IEnumerable<string> Events(string text) => text.Split("\n\n").Where(e => e.Contains('<'));

    private static IEnumerable<string> Numbers(string text)
    {
        for (var at = text.IndexOf('<'); at >= 0; at = text.IndexOf('<', at + 1))
        {
            yield return text[at..(text.IndexOf('>', at) + 1)];
        }
    }
}
