using EventCluster.Edge.Feeds;
using EventCluster.TestKit;

namespace EventCluster.Edge.Tests.Feeds;

public sealed class BlockCacheTests
{
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
}
