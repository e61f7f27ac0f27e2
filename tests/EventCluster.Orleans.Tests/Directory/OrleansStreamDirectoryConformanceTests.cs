using EventCluster.Conformance.Streams;
using EventCluster.Core.InMemory;
using EventCluster.Orleans.Placement;
using EventCluster.Orleans.Tests.Clusters;
using Xunit;

namespace EventCluster.Orleans.Tests.Directory;

/// <summary>The front door's suite through grains, on a silo that is backlog and edge.</summary>
public sealed class OrleansStreamDirectoryConformanceTests : StreamDirectoryConformance
{
    private InMemoryLogStore? _store;

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        if (_store is not null)
        {
            await _store.DisposeAsync();
        }
    }

    protected override async ValueTask<StreamDirectoryUnderTest> OpenDirectoryAsync(StreamDirectorySetup setup)
    {
        _store ??= new InMemoryLogStore(new InMemoryLogStoreOptions { MaxStreams = setup.MaxStreams });
        var cluster = await StreamCluster.StartAsync(
            1,
            _ => SiloRoles.Both,
            _ => new SharedStore(_store),
            owners =>
            {
                owners.RetentionDefaults = setup.RetentionDefaults;
                owners.MaxProducersPerStream = setup.MaxProducersPerStream;
                owners.ProducerIdleBeforeEviction = setup.ProducerIdleBeforeEviction;
                owners.MaxParkedReadsPerStream = setup.MaxParkedReadsPerStream;
                owners.MaxParkedReadsPerNode = setup.MaxParkedReadsPerNode;
            },
            setup.Clock);
        var edge = cluster.Edge(0);
        return new StreamDirectoryUnderTest(edge, async () =>
        {
            await edge.StopAsync(TestContext.Current.CancellationToken);
            await cluster.DisposeAsync();
        })
        {
            ParkedReads = () => cluster.Backlog(0).ParkedReads,
        };
    }
}
