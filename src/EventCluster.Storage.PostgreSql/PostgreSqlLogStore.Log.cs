using Microsoft.Extensions.Logging;

namespace EventCluster.Storage.PostgreSql;

public sealed partial class PostgreSqlLogStore
{
    [LoggerMessage(5010, LogLevel.Warning, "The database cannot be reached and is tried again every {Seconds} s: {Reason}")]
    private static partial void LogWaiting(ILogger logger, string reason, double seconds);

    [LoggerMessage(5011, LogLevel.Information, "The database is reached")]
    private static partial void LogReached(ILogger logger);

    [LoggerMessage(5012, LogLevel.Information, "The data have the identity {Id}, drawn at {Medium}")]
    private static partial void LogIdentity(ILogger logger, string id, string medium);
}
