using EventCluster.Hosting.Configuration;
using Xunit;

namespace EventCluster.Hosting.Tests.Node;

public sealed class NodeMemoryTests
{
    private const long MiB = 1024 * 1024;

    [Theory]
    [InlineData(512 * MiB)]
    [InlineData(256 * MiB)]
    [InlineData(24_000 * MiB)]
    public void Create_WithoutAnOption_Is60PercentOfWhatTheRuntimeMayUseAndServesTheLargestRequest(long available)
    {
        var options = new EventClusterOptions();
        Assert.Equal(available / 100 * 60, NodeMemory.Create(options, available).Bytes);
        Assert.Empty(OptionsValidator.Memory(options, available));
    }

    [Fact]
    public void Create_WithTheOption_IsWhatItSays()
    {
        var options = new EventClusterOptions();
        options.Memory.Budget = 200 * MiB;
        options.Memory.Shares.Messages = 3;
        var budget = NodeMemory.Create(options, 512 * MiB);
        Assert.Equal((200 * MiB, 200 * MiB / 100 * 3), (budget.Bytes, budget.Messages.Limit));
    }

    [Theory]
    [InlineData(0, 19, 512, "add up to 101 percent")]
    [InlineData(513, 18, 512, "'EventCluster:Memory:Budget' cannot be 537919488")]
    [InlineData(0, 2, 512, "the memory share request-bodies has")]
    [InlineData(20, 18, 512, "the memory share request-bodies has")]
    [InlineData(0, 18, 32, "the memory share messages has")]
    public void Validate_PartsThatDoNotFit_AreRefusedWithTheOptionToChange(
        long budget, int bodies, long available, string expected)
    {
        var options = new EventClusterOptions();
        options.Memory.Budget = budget * MiB;
        options.Memory.Shares.RequestBodies = bodies;
        Assert.Contains(
            OptionsValidator.Memory(options, available * MiB), fault => fault.Contains(expected, StringComparison.Ordinal));
    }
}
