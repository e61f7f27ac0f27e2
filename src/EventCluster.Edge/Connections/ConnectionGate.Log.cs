using Microsoft.Extensions.Logging;

namespace EventCluster.Edge.Connections;

public sealed partial class ConnectionGate
{
    [LoggerMessage(3400, LogLevel.Warning,
        "{Refused} new connections were closed since the last such line: {Open} are open, at most {Limit} may be, and some descriptors are kept for files and stores")]
    private static partial void LogRefused(ILogger logger, long refused, int open, int limit);

    [LoggerMessage(3401, LogLevel.Warning, "New connections wait because the system is short of something ({Reason}); {Open} are open and go on")]
    private static partial void LogShortage(ILogger logger, string reason, int open);
}
