using EventCluster.Abstractions.Memory;
using EventCluster.Abstractions.Streams;
using EventCluster.Delivery.Reading;
using EventCluster.Protocol;
using EventCluster.TestKit;

namespace EventCluster.Edge.Tests.Feeds;

public sealed class BlockCacheTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public void Index_AboveItsBound_DropsTheOldestUntouchedBlock()
    {
        var index = new BlockIndex(maxBytes: 3 * 200);
        for (var i = 0; i < 3; i++)
        {
            index.Add(TestData.Block(1, i, "x"));
        }

        Assert.NotNull(index.Find(1, 0));
        index.Add(TestData.Block(1, 3, "x"));
        Assert.True(index.Bytes <= 3 * 200);
        Assert.NotNull(index.Find(1, 0));
        Assert.Null(index.Find(1, 1));
    }

    [Fact]
    public void Index_SequenceInsideABlock_IsFoundOnlyInItsHistory()
    {
        var index = new BlockIndex(maxBytes: 10_000);
        index.Add(TestData.Block(7, 10, "a", "b", "c"));
        Assert.Null(index.Find(7, 9));
        Assert.NotNull(index.Find(7, 10));
        Assert.NotNull(index.Find(7, 12));
        Assert.Null(index.Find(7, 13));
        Assert.Null(index.Find(6, 10));
    }

    [Theory]
    [InlineData(0, 100, true, 1)]
    [InlineData(0, 100, false, 0)]
    [InlineData(3, 100, true, 3)]
    [InlineData(3, 2, true, 2)]
    [InlineData(3, 0, true, 1)]
    [InlineData(3, 0, false, 0)]
    [InlineData(100, 100, false, 4)]
    public void Fit_Budgets_TakeWholeEventsAndAtLeastTheFirst(int maxBytes, int maxEvents, bool isFirst, int expected) =>
        Assert.Equal(
            expected, SliceFit.End(TestData.Block(1, 0, "a", "b", "c", "d"), 0, 4, maxBytes, maxEvents, isFirst));

    /// <summary>
    /// Goal: what loads hold is reserved before they ask, waited for a while, and given back. Method: a share that is nearly
    /// full, a long backlog, and the clock.
    /// </summary>
    [Fact]
    public async Task Load_NoMemory_WaitsAndThenSaysSo()
    {
        string[] events = [.. Enumerable.Range(0, 200).Select(static i => $"event {i:d3}")];
        var needed = EventBlock.EncodedBytes(events.Length, events.Sum(static e => (long)e.Length));
        var share = new MemoryShare("catch-up", needed + 10);
        await using var fixture = new FeedFixture(loads: share);
        var stream = await fixture.CreateAsync("a", events);
        Assert.True(share.TryReserve(100));
        var refused = fixture.Blocks.TryOpenAsync(stream, default, 1_000, 1_000, Cancel).AsTask();
        await Phase.UntilAsync("the load waits", () => share.Waiting == 1, Cancel);
        Assert.Equal(0, fixture.Blocks.Loads);
        await Phase.UntilAsync(
            "the wait is over",
            () =>
            {
                fixture.Clock.Advance(TimeSpan.FromSeconds(1));
                return refused.IsCompleted;
            },
            Cancel);
        Assert.Equal(UnavailableReason.Overloaded, Assert.IsType<ReadOutcome.Unavailable>(await refused).Reason);
        Assert.Equal(100, share.Used);

        var served = fixture.Blocks.TryOpenAsync(stream, default, 1_000, 1_000, Cancel).AsTask();
        await Phase.UntilAsync("the next load waits", () => share.Waiting == 1, Cancel);
        share.Release(100);

        Assert.NotEmpty(Assert.IsType<ReadOutcome.Batch>(await served).Slices);
        Assert.Equal(1, fixture.Blocks.Loads);
        await Phase.UntilAsync("all is given back", () => share.Used == 0, Cancel);
        Assert.Equal(needed, share.Peak);
    }
}
