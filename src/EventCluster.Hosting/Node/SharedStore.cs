using EventCluster.Abstractions.Store;
using EventCluster.Core;
using EventCluster.Hosting.Configuration;
using Microsoft.Extensions.Logging;

namespace EventCluster.Hosting.Node;

/// <summary>What a node of a cluster takes from the room that knows implementations.</summary>
public static class SharedStore
{
    /// <summary>Opens the store that all nodes share; tries again while its server cannot be reached.</summary>
    /// <exception cref="IOException">The database is not to be used; the message is one line for the operator.</exception>
    public static async Task<ILogStore> OpenAsync(
        ClusterNodeOptions options, TimeProvider time, ILoggerFactory loggers, CancellationToken cancellationToken) =>
        await PostgreSqlStart.OpenAsync(options, new NodeStart(Restored: false), time, loggers, cancellationToken);

    /// <summary>What the operator set, in the words of the directory of owners.</summary>
    public static LocalStreamDirectoryOptions DirectoryOptions(ClusterNodeOptions options) => NodeOptions.ForDirectory(options);
}
