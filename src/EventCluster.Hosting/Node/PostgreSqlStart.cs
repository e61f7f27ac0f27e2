using EventCluster.Hosting.Configuration;
using EventCluster.Storage.PostgreSql;
using Microsoft.Extensions.Logging;

namespace EventCluster.Hosting.Node;

/// <summary>The shared store with the operator's options.</summary>
internal static class PostgreSqlStart
{
    public static Task<PostgreSqlLogStore> OpenAsync(
        EventClusterOptions options, NodeStart start, TimeProvider time, ILoggerFactory loggers, CancellationToken cancellationToken) =>
        PostgreSqlLogStore.OpenAsync(
            NodeOptions.ForPostgreSql(options, start.Restored),
            time,
            loggers.CreateLogger<PostgreSqlLogStore>(),
            cancellationToken);
}
