using EventCluster.Benchmarks.Running;
using EventCluster.Storage.LocalDisk;
using EventCluster.Storage.LocalDisk.Disk;
using Microsoft.Extensions.Logging.Abstractions;

namespace EventCluster.Benchmarks.Store;

/// <summary>The embedded store on a folder of its own, which goes with it.</summary>
public sealed class TemporaryStore : IAsyncDisposable
{
    private TemporaryStore(string path, LocalDiskLogStore store)
    {
        DataPath = path;
        Store = store;
    }

    /// <summary>The folder.</summary>
    public string DataPath { get; }

    /// <summary>The store.</summary>
    public LocalDiskLogStore Store { get; private set; }

    /// <summary>Opens one.</summary>
    public static async Task<TemporaryStore> OpenAsync(BenchmarkSettings settings)
    {
        var path = Directory.CreateTempSubdirectory("eventcluster-bench-").FullName;
        return new TemporaryStore(path, await OpenStoreAsync(path, settings));
    }

    /// <summary>Closes the store cleanly and opens it again.</summary>
    public async Task ReopenAsync(BenchmarkSettings settings)
    {
        await Store.DisposeAsync();
        Store = await OpenStoreAsync(DataPath, settings);
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        await Store.DisposeAsync();
        Directory.Delete(DataPath, recursive: true);
    }

    private static Task<LocalDiskLogStore> OpenStoreAsync(string path, BenchmarkSettings settings)
    {
        IDisk disk = new SystemDisk();
        if (settings.SimulatedFlushMilliseconds > 0)
        {
            disk = new SlowFlushDisk(disk, TimeSpan.FromMilliseconds(settings.SimulatedFlushMilliseconds));
        }

        return LocalDiskLogStore.OpenAsync(
            new LocalDiskOptions { Path = path }, disk, TimeProvider.System, NullLogger<LocalDiskLogStore>.Instance, CancellationToken.None);
    }
}
