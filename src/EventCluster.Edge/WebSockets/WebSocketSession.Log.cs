using Microsoft.Extensions.Logging;

namespace EventCluster.Edge.WebSockets;

internal sealed partial class WebSocketSession
{
    [LoggerMessage(EventId = 3200, Level = LogLevel.Error, Message = "A WebSocket session failed.")]
    private static partial void LogFault(ILogger logger, Exception exception);

    [LoggerMessage(EventId = 3201, Level = LogLevel.Debug, Message = "A WebSocket client is closed with {Code}: {Reason}")]
    private static partial void LogViolation(ILogger logger, int code, string reason);
}
