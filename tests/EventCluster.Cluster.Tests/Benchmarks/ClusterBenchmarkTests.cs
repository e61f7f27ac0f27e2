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

    [Fact]
    public async Task Messages_Tiny_PrintsEveryKind()
    {
        var rows = await BenchmarkProcess.RunTinyAsync("messages", TestContext.Current.CancellationToken);

        Assert.Equal(13, rows.Count);
    }

    /// <summary>This build against itself; two clusters, one PostgreSQL server.</summary>
    [Fact]
    public async Task Compare_Tiny_PrintsTheRowsOfTheCluster()
    {
        var rows = await BenchmarkProcess.RunTinyAsync("compare", TestContext.Current.CancellationToken, "--rows", "cluster");

        Assert.Equal(
            ["cluster-append-1-1", "cluster-append-64-1", "cluster-append-64-100", "cluster-w1", "cluster-w2", "cluster-tail"],
            rows.Select(row => row.GetProperty("row").GetString()).Distinct());
        Assert.Equal(2, rows.Count(row => row.GetProperty("isMet").ValueKind != System.Text.Json.JsonValueKind.Null));
    }
}
