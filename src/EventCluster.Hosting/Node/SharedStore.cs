using EventCluster.Abstractions.Memory;
using EventCluster.Abstractions.Store;
using EventCluster.Core;
using EventCluster.Hosting.Configuration;
using Microsoft.Extensions.Logging;

namespace EventCluster.Hosting.Node;

/// <summary>What a node of a cluster takes from the room that knows implementations.</summary>
public static class SharedStore
{
    /// <summary>How often a node asks the store whether it still owns the streams that readers wait at (CORRECTNESS rule 3).</summary>
    private static readonly TimeSpan FenceCheckInterval = TimeSpan.FromSeconds(5);

    /// <summary>Opens the store that all nodes share; tries again while its server cannot be reached.</summary>
    /// <param name="options">What the operator set.</param>
    /// <param name="start">What this start is about.</param>
    /// <param name="time">The clock.</param>
    /// <param name="loggers">Loggers of the store.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="IOException">The database is not to be used; the message is one line for the operator.</exception>
    public static async Task<ILogStore> OpenAsync(
        ClusterNodeOptions options, NodeStart start, TimeProvider time, ILoggerFactory loggers, CancellationToken cancellationToken) =>
        await PostgreSqlStart.OpenAsync(options, start, time, loggers, cancellationToken);

    /// <summary>What the operator set, in the words of the directory of owners.</summary>
    public static LocalStreamDirectoryOptions DirectoryOptions(ClusterNodeOptions options, MemoryBudget? memory = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        var directory = NodeOptions.ForDirectory(options);
        directory.FenceCheckInterval = FenceCheckInterval;
        directory.ReadConfirmationAge = options.Cluster.ReadConfirmation == ReadConfirmationKind.Bounded
            ? options.Cluster.ReadConfirmationAge
            : null;
        return NodeMemory.Bound(directory, memory);
    }
}
