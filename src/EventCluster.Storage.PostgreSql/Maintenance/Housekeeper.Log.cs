using Microsoft.Extensions.Logging;

namespace EventCluster.Storage.PostgreSql.Maintenance;

internal sealed partial class Housekeeper
{
    [LoggerMessage(5020, LogLevel.Debug, "Housekeeping is put off: {Reason}")]
    private static partial void LogPostponed(ILogger logger, string reason);
}
