using EventCluster.Abstractions.Memory;
using EventCluster.Abstractions.Store;
using EventCluster.Abstractions.Streams;
using EventCluster.Core;
using EventCluster.Core.InMemory;
using EventCluster.Hosting.Configuration;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace EventCluster.Hosting.Node;

/// <summary>
/// The streams of this process: opens the store, then the directory over it, and at the end closes them in reverse.
/// The web server starts after it and stops before it, so no request ever meets a half-open node.
/// </summary>
/// <param name="options">What the operator set.</param>
/// <param name="start">What this start is about.</param>
/// <param name="time">The clock.</param>
/// <param name="random">Seeded source of commit identities.</param>
/// <param name="loggers">Loggers of store and directory.</param>
/// <param name="memory">Where streams are counted; null for nowhere.</param>
public sealed class EventClusterNode(
    EventClusterOptions options, NodeStart start, TimeProvider time, Random random, ILoggerFactory loggers, MemoryBudget? memory = null)
    : IHostedService, IAsyncDisposable
{
    private ILogStore? _store;
    private LocalStreamDirectory? _directory;

    /// <summary>The streams.</summary>
    /// <exception cref="InvalidOperationException">The node is not started.</exception>
    public IStreamDirectory Directory => _directory ?? throw NotStarted();

    /// <summary>Opens store and directory; a second call changes nothing.</summary>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        if (_directory is not null)
        {
            return;
        }

        _store = await OpenStoreAsync(cancellationToken);
        _directory = new LocalStreamDirectory(
            _store, NodeMemory.Bound(NodeOptions.ForDirectory(options), memory), time, random, loggers.CreateLogger<LocalStreamDirectory>());
        _directory.Start();
    }

    /// <summary>Writes a consistent copy of the embedded store into a new folder while the node serves.</summary>
    /// <returns>Null when another store is in use.</returns>
    public Task? BackupAsync(string folder, CancellationToken cancellationToken) =>
        LocalDiskStart.BackupAsync(_store ?? throw NotStarted(), folder, cancellationToken);

    /// <summary>Lets commits in flight settle, answers everybody who waits, then closes the store.</summary>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        try
        {
            if (_directory is not null)
            {
                await _directory.StopAsync(cancellationToken);
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // Clients took all the time that the host has for a stop. Closing below has a limit of its own.
        }
        finally
        {
            // The store is closed whatever became of the directory: its seal makes the next start short.
            await DisposeAsync();
        }
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        try
        {
            if (Interlocked.Exchange(ref _directory, null) is { } directory)
            {
                await directory.DisposeAsync();
            }
        }
        finally
        {
            if (Interlocked.Exchange(ref _store, null) is { } store)
            {
                await store.DisposeAsync();
            }
        }
    }

    private static InvalidOperationException NotStarted() => new("The node is not started.");

    private async Task<ILogStore> OpenStoreAsync(CancellationToken cancellationToken) => options.Store switch
    {
        StoreKind.Memory => new InMemoryLogStore(new InMemoryLogStoreOptions { MaxStreams = options.Limits.Streams, IsShared = false }),
        StoreKind.Postgresql => await PostgreSqlStart.OpenAsync(options, start, time, loggers, cancellationToken),
        _ => await LocalDiskStart.OpenAsync(options, start, time, loggers, cancellationToken, memory?.StreamState),
    };
}
