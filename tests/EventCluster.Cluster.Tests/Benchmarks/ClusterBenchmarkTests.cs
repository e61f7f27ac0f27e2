using EventCluster.TestKit.Servers;

namespace EventCluster.Cluster.Tests.Benchmarks;

/// <summary>The benchmark of clusters, tiny, on a cluster of its own. Figures are only required to be there.</summary>
public sealed class ClusterBenchmarkTests
{
    [Fact]
    public async Task Run_Tiny_PrintsAppendsDeliveriesAndLatency()
    {
        var rows = await BenchmarkProcess.RunTinyAsync("cluster", TestContext.Current.CancellationToken);

        Assert.Equal(
            ["1 backlog, 1 edge: appends", "1 backlog, 1 edge: deliveries", "1 backlog, 1 edge: latency"],
            rows.Select(row => row.GetProperty("label").GetString()));
    }
}
