using EventCluster.Conformance.Streams;
using EventCluster.Core.InMemory;
using EventCluster.Orleans.Directory;
using EventCluster.Orleans.Placement;
using EventCluster.TestKit;
using Xunit;

namespace EventCluster.Orleans.Tests.Clusters;

/// <summary>What streams cost that nobody uses.</summary>
[Collection(AloneCollection.Name)]
public sealed class IdleStreamTests
{
    private const int Streams = 10_000;
    private const int Warm = 200;
    private const int Edge = 1;

    [Fact]
    public async Task IdleStreams_TenThousand_CostFewKilobytesEachAndComeBack()
    {
        var clock = new VirtualTimeProvider();
        await using var store = new InMemoryLogStore(new InMemoryLogStoreOptions());
        await using var cluster = await StreamCluster.StartAsync(
            2, silo => silo == Edge ? SiloRoles.Edge : SiloRoles.Backlog, _ => new SharedStore(store), clock: clock);
        await CreateAsync(cluster.Edge(Edge), "warm", Warm);
        var before = GC.GetTotalMemory(forceFullCollection: true);

        await CreateAsync(cluster.Edge(Edge), "s", Streams);
        Assert.Equal(Streams + Warm, cluster.Backlog(0).LoadedStreams);
        var loaded = PerStream(before);
        await Phase.UntilAsync("streams leave memory", () =>
        {
            clock.Advance(TimeSpan.FromSeconds(1));
            return cluster.Backlog(0).LoadedStreams == 0;
        }, TestContext.Current.CancellationToken);
        var idle = PerStream(before);

        Console.WriteLine(
            $"{Streams} streams, in-memory store included: {loaded:F0} bytes each when loaded, {idle:F0} when idle with a grain");
        Assert.InRange(loaded, 0, 16_000);
        Assert.InRange(idle, 0, 8_000);
        await cluster.Edge(Edge).GetStream(TestData.Name("s0")).PutAsync("back");
    }

    private static double PerStream(long before) => (GC.GetTotalMemory(forceFullCollection: true) - before) / (double)Streams;

    private static async Task CreateAsync(OrleansStreamDirectory edge, string prefix, int count)
    {
        foreach (var chunk in Enumerable.Range(0, count).Chunk(500))
        {
            await Phase.OfAsync("creates", Task.WhenAll(chunk.Select(i => edge.GetStream(TestData.Name($"{prefix}{i}")).NewAsync())));
        }
    }
}
