using Microsoft.Extensions.Logging;

namespace EventCluster.Storage.PostgreSql;

public sealed partial class PostgreSqlLogStore
{
    [LoggerMessage(5010, LogLevel.Warning, "The database cannot be reached and is tried again every {Seconds} s: {Reason}")]
    private static partial void LogWaiting(ILogger logger, string reason, double seconds);

    [LoggerMessage(5011, LogLevel.Information, "The database is reached")]
    private static partial void LogReached(ILogger logger);
}
