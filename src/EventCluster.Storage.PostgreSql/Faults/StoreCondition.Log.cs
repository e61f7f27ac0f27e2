using Microsoft.Extensions.Logging;

namespace EventCluster.Storage.PostgreSql.Faults;

internal sealed partial class StoreCondition
{
    [LoggerMessage(5001, LogLevel.Error, "Appends fail until the database is back: {Reason}")]
    private static partial void LogLost(ILogger logger, string reason);

    [LoggerMessage(5002, LogLevel.Information, "The database takes writes again")]
    private static partial void LogRecovered(ILogger logger);
}
