using Microsoft.Extensions.Logging;

namespace EventCluster.Storage.AzureTables;

public sealed partial class AzureTablesLogStore
{
    [LoggerMessage(7010, LogLevel.Warning, "The table service cannot be reached and is tried again every {Seconds} s: {Reason}")]
    private static partial void LogWaiting(ILogger logger, string reason, double seconds);

    [LoggerMessage(7011, LogLevel.Information, "The table service is reached")]
    private static partial void LogReached(ILogger logger);

    [LoggerMessage(7012, LogLevel.Information, "The data have the identity {Id}, drawn at {Medium}")]
    private static partial void LogIdentity(ILogger logger, string id, string medium);
}
