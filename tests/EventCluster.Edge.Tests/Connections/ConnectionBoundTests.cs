using EventCluster.Abstractions.Memory;
using EventCluster.Edge.Connections;

namespace EventCluster.Edge.Tests.Connections;

/// <summary>The least of all limits binds, and is named.</summary>
public sealed class ConnectionBoundTests
{
    [Theory]
    [InlineData(50_000, null, null, 50_000, "EventCluster:Limits:Connections")]
    [InlineData(50_000, 100_000L, 60_000, 50_000, "EventCluster:Limits:Connections")]
    [InlineData(50_000, 4_096L, null, 3_812, "ulimit -n is 4096")]
    [InlineData(50_000, 4_096L, 1_000, 1_000, "memory")]
    [InlineData(50_000, 4_096L, 10_000, 3_812, "ulimit -n is 4096")]
    [InlineData(100, 4_096L, 10_000, 100, "EventCluster:Limits:Connections")]
    [InlineData(50_000, null, 0, 1, "memory")]
    public void Of_SeveralLimits_LeastOneBindsAndIsNamed(int configured, long? descriptors, int? memory, int expected, string binding)
    {
        var bound = ConnectionBound.Of(configured, descriptors is { } limit ? new DescriptorLimit(limit, InUse: 100) : null, memory);
        Assert.Equal(expected, bound.Connections);
        Assert.Contains(binding, bound.ToString(), StringComparison.Ordinal);
        Assert.Equal(expected < configured, bound.IsBelowConfigured);
    }

    /// <summary>
    /// Goal: whoever opens connections to the ports between nodes and says nothing takes no descriptor that the process needs. Method: all
    /// that may be open at once is added up.
    /// </summary>
    [Theory]
    [InlineData(512, 16)]
    [InlineData(1_024, 32)]
    [InlineData(4_096, 128)]
    [InlineData(65_536, 256)]
    public void Descriptors_OfANodeWithPortsForOthers_AreEnoughForAll(long limit, int unproven)
    {
        var node = new DescriptorLimit(limit, InUse: 100) { OtherPorts = 2 };

        Assert.Equal(unproven, node.Unproven);
        Assert.True(node.Connections + (2 * 2 * node.Unproven) + node.InUse + DescriptorLimit.ToCome <= node.FirstReserved);
        Assert.Equal(new DescriptorLimit(limit, InUse: 100).Connections - (4 * unproven), node.Connections);
        Assert.Contains("other nodes", node.ToString(), StringComparison.Ordinal);
    }

    /// <summary>All connections together, each with the most that a client can make it hold, stay out of the other shares.</summary>
    [Theory]
    [InlineData(256, 60)]
    [InlineData(512, 60)]
    [InlineData(4_096, 60)]
    [InlineData(65_536, 60)]
    [InlineData(4_096, 90)]
    [InlineData(4_096, 100)]
    public void InMemory_AnyBudget_KeepsTheSumOutOfOtherShares(long availableMegabytes, int percent)
    {
        var available = availableMegabytes << 20;
        var budget = new MemoryBudget(available / 100 * percent);
        var beside = available - budget.Bytes;

        long connections = ConnectionBound.InMemory(budget.Connections.Limit, beside);

        Assert.InRange(connections, 1, budget.Connections.Limit / ConnectionBound.BytesPerConnection);
        Assert.True(connections * ConnectionBound.MaxBytesPerConnection <= budget.Connections.Limit + beside);
        Assert.True((connections + 1) * ConnectionBound.MaxBytesPerConnection > budget.Connections.Limit + beside
            || (connections + 1) * ConnectionBound.BytesPerConnection > budget.Connections.Limit);
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(0, -1)]
    [InlineData(1, 1)]
    public void InMemory_NoMemory_IsOne(long share, long beside) => Assert.Equal(1, ConnectionBound.InMemory(share, beside));

    /// <summary>Whatever the limit: something is left for connections, something for everything else, and never more than there is.</summary>
    [Theory]
    [InlineData(64, 40)]
    [InlineData(256, 100)]
    [InlineData(512, 100)]
    [InlineData(1_024, 100)]
    [InlineData(4_096, 100)]
    [InlineData(1_048_576, 100)]
    [InlineData(256, 300)]
    public void Connections_AnyLimit_LeavesAReserve(long limit, int inUse)
    {
        var descriptors = new DescriptorLimit(limit, inUse);
        Assert.InRange(descriptors.Connections, 1, Math.Max(1, descriptors.FirstReserved - inUse));
        Assert.InRange(descriptors.FirstReserved, limit - DescriptorLimit.Reserve, limit - 1);
    }

    [Fact]
    public void Read_OnThisSystem_FindsWhatIsOpen()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no such limit.");
        var limit = DescriptorLimit.Read();
        Assert.True(limit is null || (limit.InUse > 3 && limit.Limit >= limit.InUse), limit?.ToString());
    }
}
