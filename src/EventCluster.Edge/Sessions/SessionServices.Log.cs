using Microsoft.Extensions.Logging;

namespace EventCluster.Edge.Sessions;

internal sealed partial class SessionServices
{
    [LoggerMessage(EventId = 3202, Level = LogLevel.Error, Message = "An append of a session failed.")]
    private static partial void LogAppendFault(ILogger logger, Exception exception);

    [LoggerMessage(EventId = 3203, Level = LogLevel.Error, Message = "A description for a session failed.")]
    private static partial void LogDescribeFault(ILogger logger, Exception exception);
}
