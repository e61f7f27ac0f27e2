using EventCluster.Abstractions.Store;
using EventCluster.Hosting.Configuration;
using EventCluster.Hosting.Node;

namespace EventCluster.Silo.Hosting;

/// <summary>
/// The shared store of this silo: opened before the silo joins, closed after it has left. An unreachable one is
/// tried again with one message at a time.
/// </summary>
internal sealed class SiloStore(ClusterNodeOptions options, NodeStart start, TimeProvider time, ILoggerFactory loggers)
    : IHostedService, IAsyncDisposable
{
    private ILogStore? _store;

    /// <summary>The store.</summary>
    /// <exception cref="InvalidOperationException">It is not open yet.</exception>
    public ILogStore Store => _store ?? throw new InvalidOperationException("The store is not open.");

    /// <summary>How the store is; good while it is not open.</summary>
    public StoreHealth Health => _store?.Health ?? StoreHealth.Good;

    /// <summary>What the store knows of itself: silos of other data are strangers.</summary>
    public IStoreIdentity Identity => (IStoreIdentity)Store;

    /// <summary>The cluster as Orleans knows it: the name that the operator chose, and the identity that its data carry.</summary>
    public string ClusterId => $"{options.ClusterId}-{Identity.Identity.Id}";

    /// <inheritdoc />
    public async Task StartAsync(CancellationToken cancellationToken) =>
        _store ??= options.Store == StoreKind.AzureTables
            ? await AzureTablesStart.OpenAsync(options, start, time, loggers, cancellationToken)
            : await SharedStore.OpenAsync(options, start, time, loggers, cancellationToken);

    /// <inheritdoc />
    public async Task StopAsync(CancellationToken cancellationToken) => await DisposeAsync();

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _store, null) is { } store)
        {
            await store.DisposeAsync();
        }
    }
}
