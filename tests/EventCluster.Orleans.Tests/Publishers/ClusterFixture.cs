using EventCluster.Core.InMemory;
using EventCluster.Orleans.Client;
using EventCluster.Orleans.Placement;
using EventCluster.Orleans.Tests.Clusters;
using Xunit;

namespace EventCluster.Orleans.Tests.Publishers;

/// <summary>A backlog silo, an edge, and a client of the gateway, for all cases of a suite.</summary>
public sealed class ClusterFixture : IAsyncLifetime
{
    private readonly InMemoryLogStore _store = new(new InMemoryLogStoreOptions());
    private int _streams;

    internal StreamCluster Cluster { get; private set; } = null!;

    internal EventClusterClient Client { get; private set; } = null!;

    /// <inheritdoc />
    public async ValueTask InitializeAsync()
    {
        Cluster = await StreamCluster.StartAsync(
            2, silo => silo == 1 ? SiloRoles.Edge : SiloRoles.Backlog, _ => new SharedStore(_store));
        Client = await Cluster.ConnectClientAsync();
    }

    /// <summary>A prefix of names that no other case uses.</summary>
    internal string NextPrefix() => $"case-{Interlocked.Increment(ref _streams)}";

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        await Cluster.DisposeAsync();
        await _store.DisposeAsync();
    }
}
