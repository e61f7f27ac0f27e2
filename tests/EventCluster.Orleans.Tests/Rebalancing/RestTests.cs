using EventCluster.Orleans.Rebalancing;
using Xunit;

namespace EventCluster.Orleans.Tests.Rebalancing;

public sealed class RestTests
{
    /// <summary>A move that costs much is followed by a long rest, a cheap one by the operator's pace.</summary>
    [Theory]
    [InlineData(0, 5)]
    [InlineData(1, 4)]
    [InlineData(5, 20)]
    [InlineData(500, 2000)]
    public void Rest_FollowsWhatAMoveCosts(int moveMs, int restMs) => Assert.Equal(
        TimeSpan.FromMilliseconds(restMs),
        Rebalancer.RestAfter(TimeSpan.FromMilliseconds(moveMs), new RebalanceOptions { StreamsPerSecond = 200, Share = 0.2 }));
}
