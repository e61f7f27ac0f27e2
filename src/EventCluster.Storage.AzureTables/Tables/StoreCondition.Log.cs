using Microsoft.Extensions.Logging;

namespace EventCluster.Storage.AzureTables.Tables;

internal sealed partial class StoreCondition
{
    [LoggerMessage(7001, LogLevel.Error, "Appends fail until the table service is back: {Reason}")]
    private static partial void LogLost(ILogger logger, string reason);

    [LoggerMessage(7002, LogLevel.Information, "The table service takes writes again")]
    private static partial void LogRecovered(ILogger logger);
}
