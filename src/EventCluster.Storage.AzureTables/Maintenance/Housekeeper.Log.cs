using Microsoft.Extensions.Logging;

namespace EventCluster.Storage.AzureTables.Maintenance;

internal sealed partial class Housekeeper
{
    [LoggerMessage(7020, LogLevel.Debug, "Housekeeping is put off: {Reason}")]
    private static partial void LogPostponed(ILogger logger, string reason);
}
