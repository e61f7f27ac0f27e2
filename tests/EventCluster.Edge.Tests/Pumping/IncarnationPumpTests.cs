using System.Text;
using EventCluster.Abstractions.Streams;
using EventCluster.Edge.Tests.Feeds;
using EventCluster.TestKit;

namespace EventCluster.Edge.Tests.Pumping;

/// <summary>A stream is deleted and created again elsewhere, and the feed of this edge has not heard of it (CORRECTNESS rule 22).</summary>
public sealed class IncarnationPumpTests
{
    private const int Plenty = 64 * 1024;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("live=eventsource")]
    [InlineData("live=eventsource&encoding=base64")]
    [InlineData("live=eventsource&window=5")]
    [InlineData("live=eventsource&last=2")]
    [InlineData("live=sse&offset=-1")]
    [InlineData("live=sse&offset=-1&window=5")]
    [InlineData("live=sse&last=1")]
    public async Task Run_StreamWasCreatedAgainElsewhere_NothingOfTheOldIncarnationIsDelivered(string query)
    {
        await using var fixture = new LiveFixture();
        var stream = await StartOldAsync(fixture, query.Contains("live=sse", StringComparison.Ordinal) ? "live=sse&offset=-1" : "live=eventsource");

        // The answer to the feed's waiting read is on its way for long: its owner hangs, or the network does.
        fixture.Base.HoldsReads = true;
        Assert.IsType<DeleteOutcome.Deleted>(await stream.DeleteAsync(Token));
        stream = await fixture.Base.CreateAsync("s", "<new0>", "<new1>");

        var fresh = new PipeBody(Plenty);
        _ = fixture.Start(fresh, "s", query);
        var last = query.Contains("base64", StringComparison.Ordinal) ? Convert.ToBase64String("<new1>"u8) : "<new1>";
        var text = new StringBuilder();
        await LiveFixture.ReadUntilAsync(fresh, text, seen => seen.Contains(last, StringComparison.Ordinal));
        fixture.Base.HoldsReads = false;
        await FeedFixture.AppendAsync(stream, "<new2>");
        last = query.Contains("base64", StringComparison.Ordinal) ? Convert.ToBase64String("<new2>"u8) : "<new2>";
        var reading = LiveFixture.ReadUntilAsync(fresh, text, seen => seen.Contains(last, StringComparison.Ordinal));
        await Phase.UntilAsync(
            "<new2> is delivered", () => Task.FromResult(reading.IsCompleted),
            () => fixture.Base.Clock.Advance(TimeSpan.FromMilliseconds(20)), Token);
        await reading;
        Assert.DoesNotContain("<old", text.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain(Convert.ToBase64String("<old"u8)[..5], text.ToString(), StringComparison.Ordinal);
    }

    /// <summary>The old window does not reach back to the reader's sequence: it would go to and fro between pump and owner.</summary>
    [Theory]
    [InlineData("live=eventsource")]
    [InlineData("live=sse&offset=-1")]
    public async Task Run_OldFeedDoesNotReachBack_TheOwnerIsAskedSeldom(string query)
    {
        await using var fixture = new LiveFixture(feedBytes: 8);
        var stream = await StartOldAsync(fixture, query);
        fixture.Base.HoldsReads = true;
        Assert.IsType<DeleteOutcome.Deleted>(await stream.DeleteAsync(Token));
        await fixture.Base.CreateAsync("s", "<new0>", "<new1>");
        var before = fixture.Base.Reads;
        var fresh = new PipeBody(Plenty);
        _ = fixture.Start(fresh, "s", query);
        await ReadForAsync(fresh, new StringBuilder(), TimeSpan.FromSeconds(1));
        Assert.InRange(fixture.Base.Reads - before, 0, 100);
    }

    /// <summary>An old reader is on the pump with a flush that its client does not take; a new one of the same framing goes on.</summary>
    [Fact]
    public async Task Run_OldReaderTakesNothing_ANewReaderGoesOn()
    {
        await using var fixture = new LiveFixture();
        var stream = await fixture.Base.CreateAsync("s");
        var stalled = new PipeBody(1_024);
        _ = fixture.Start(stalled, "s", "live=eventsource");
        await Phase.UntilAsync("old reader on the pump", () => fixture.Pumps.Connections == 1, Token);
        await FeedFixture.AppendAsync(stream, new string('o', 16 * 1024));
        Assert.IsType<DeleteOutcome.Deleted>(await stream.DeleteAsync(Token));
        stream = await fixture.Base.CreateAsync("s", "<new0>");
        var fresh = new PipeBody(Plenty);
        _ = fixture.Start(fresh, "s", "live=eventsource");
        var text = new StringBuilder();
        await LiveFixture.ReadUntilAsync(fresh, text, seen => seen.Contains("<new0>", StringComparison.Ordinal));
        await FeedFixture.AppendAsync(stream, "<new1>");
        await LiveFixture.ReadUntilAsync(fresh, text, seen => seen.Contains("<new1>", StringComparison.Ordinal));
    }

    private static async Task<IStreamHandle> StartOldAsync(LiveFixture fixture, string query)
    {
        var stream = await fixture.Base.CreateAsync("s");
        var old = new PipeBody(Plenty);
        _ = fixture.Start(old, "s", query);
        await Phase.UntilAsync("old reader on the pump", () => fixture.Pumps.Connections == 1, Token);
        for (var i = 0; i < 10; i++)
        {
            await FeedFixture.AppendAsync(stream, $"<old{i}>");
        }

        await LiveFixture.ReadUntilAsync(old, new StringBuilder(), static text => text.Contains("<old9>", StringComparison.Ordinal));
        await Phase.UntilAsync("the feed waits", () => fixture.Base.ParkedReads == 1, Token);
        return stream;
    }

    /// <summary>Reads what comes within a time.</summary>
    private static async Task ReadForAsync(PipeBody body, StringBuilder text, TimeSpan time)
    {
        using var over = new CancellationTokenSource(time);
        try
        {
            while (true)
            {
                var read = await body.Reader.ReadAsync(over.Token);
                foreach (var piece in read.Buffer)
                {
                    text.Append(Encoding.UTF8.GetString(piece.Span));
                }

                body.Reader.AdvanceTo(read.Buffer.End);
            }
        }
        catch (OperationCanceledException)
        {
            // The time is over.
        }
    }
}
