using EventCluster.Orleans.Rebalancing;
using Xunit;

namespace EventCluster.Orleans.Tests.Rebalancing;

public sealed class RebalancePlanTests
{
    [Theory]
    [InlineData("a=30 b=30", null)]
    [InlineData("a=31 b=29", null)]
    [InlineData("a=1000 b=950", null)]
    [InlineData("a=30", null)]
    [InlineData("a=30 b=30 c=0", "b>c:10")]
    [InlineData("a=5 b=1", "a>b:2")]
    [InlineData("a=0 b=3 c=3", "c>a:1")]
    public void Next_ForNumbersOfStreams_IsOneStepFromMostToFewest(string owned, string? expected)
    {
        var silos = owned.Split(' ').Select(text => text.Split('=')).ToDictionary(pair => pair[0], pair => int.Parse(pair[1], null));

        var plan = RebalancePlan<string>.Next(silos, most: 10);

        Assert.Equal(expected, plan is { } step ? $"{step.From}>{step.To}:{step.Count}" : null);
    }

    [Fact]
    public void Next_Repeated_EndsLevel()
    {
        var silos = new Dictionary<string, int> { ["a"] = 30, ["b"] = 30, ["c"] = 0 };
        var steps = 0;
        while (RebalancePlan<string>.Next(silos, most: 10) is { } step)
        {
            silos[step.From] -= step.Count;
            silos[step.To] += step.Count;
            Assert.InRange(++steps, 1, 20);
        }

        Assert.All(silos.Values, count => Assert.InRange(count, 18, 22));
    }
}
