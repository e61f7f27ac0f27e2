using EventCluster.Abstractions.Memory;
using EventCluster.Abstractions.Store;
using EventCluster.Hosting.Configuration;
using EventCluster.Storage.LocalDisk;
using EventCluster.Storage.LocalDisk.Disk;
using Microsoft.Extensions.Logging;

namespace EventCluster.Hosting.Node;

/// <summary>The embedded store with the operator's options.</summary>
internal static class LocalDiskStart
{
    public static async Task<ILogStore> OpenAsync(
        EventClusterOptions options,
        NodeStart start,
        TimeProvider time,
        ILoggerFactory loggers,
        CancellationToken cancellationToken,
        MemoryShare? streamState = null) =>
        await LocalDiskLogStore.OpenAsync(
            NodeOptions.ForLocalDisk(options, start.Restored, streamState),
            new SystemDisk(),
            time,
            loggers.CreateLogger<LocalDiskLogStore>(),
            cancellationToken);

    /// <summary>Writes a consistent copy into a new folder; null when the store is another one.</summary>
    public static Task? BackupAsync(ILogStore store, string folder, CancellationToken cancellationToken) =>
        (store as LocalDiskLogStore)?.BackupAsync(Path.GetFullPath(folder), cancellationToken);
}
