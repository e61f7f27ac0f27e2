using Microsoft.Extensions.Logging;

namespace EventCluster.Storage.PostgreSql.Sessions;

internal sealed partial class Timeline
{
    [LoggerMessage(5030, LogLevel.Warning, "The database has timeline {Now} instead of {Before}: a standby was promoted, or a backup recovered, and "
        + "commits may be lost. Each stream begins a new incarnation at its tail when it is next opened; positions after it are answered with a gap.")]
    private static partial void LogChanged(ILogger logger, long before, long now);
}
