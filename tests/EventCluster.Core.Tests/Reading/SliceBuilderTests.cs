using EventCluster.Core.Blocks;
using EventCluster.TestKit;
using Xunit;

namespace EventCluster.Core.Tests.Reading;

public sealed class SliceBuilderTests
{
    [Theory]
    [InlineData(100, 100, 4, true)]
    [InlineData(10, 100, 4, false)]  // exactly the budget: nothing more is wanted
    [InlineData(9, 100, 3, false)]
    [InlineData(6, 100, 3, false)]
    [InlineData(5, 100, 2, false)]
    [InlineData(0, 100, 1, false)]  // the first event always comes
    [InlineData(100, 3, 3, false)]
    [InlineData(100, 4, 4, false)]
    [InlineData(100, 0, 1, false)]
    public void Add_UpToABudget_TakesWholeEvents(int maxBytes, int maxEvents, int taken, bool wantsMore)
    {
        var block = TestData.Block(1, 10, "a", "bb", "ccc", "dddd");
        var builder = new SliceBuilder(maxBytes, maxEvents);

        Assert.Equal(wantsMore, builder.Add(block, 0, block.Count));

        Assert.Equal(taken, Assert.Single(builder.Slices).Count);
        Assert.Equal(10 + taken, builder.NextAfter(0));
    }

    [Fact]
    public void Add_SecondBlockThatDoesNotFit_TakesNothingOfIt()
    {
        var builder = new SliceBuilder(maxBytes: 3, maxEvents: 100);
        Assert.True(builder.Add(TestData.Block(1, 0, "aa"), 0, 1));

        Assert.False(builder.Add(TestData.Block(1, 1, "bb"), 0, 1));

        Assert.Equal(1, builder.NextAfter(0));
    }
}
