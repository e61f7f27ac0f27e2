using EventCluster.Abstractions.Memory;
using Xunit;

namespace EventCluster.Abstractions.Tests.Memory;

public sealed class MemoryBudgetTests
{
    [Fact]
    public void Shares_OfTheDefaultDivision_AddUpToTheWhole()
    {
        var budget = new MemoryBudget(1_000_000);
        Assert.Equal(100, MemoryShares.Default.Sum);
        Assert.Equal(budget.Bytes, budget.All.Sum(static share => share.Limit));
        Assert.Equal(budget.All.Count, budget.All.Select(static share => share.Name).Distinct().Count());
        Assert.All(budget.All, static share => Assert.True(share.Limit > 0, share.Name));
    }

    [Fact]
    public void Used_IsTheSumOfAllShares()
    {
        var budget = new MemoryBudget(1_000_000);
        foreach (var share in budget.All)
        {
            Assert.True(share.TryReserve(10));
        }

        Assert.Equal(10 * budget.All.Count, budget.Used);
    }

    [Theory]
    [InlineData(0, 18)]
    [InlineData(1_000, 19)]
    [InlineData(1_000, -1)]
    public void Constructor_SharesBeyondTheWholeOrNothingToDivide_Throws(long bytes, int bodies) =>
        Assert.Throws<ArgumentOutOfRangeException>(
            () => new MemoryBudget(bytes, new MemoryShares { RequestBodies = bodies }));
}
