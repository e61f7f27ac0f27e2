using Microsoft.Extensions.Logging;

namespace EventCluster.Edge.SignalR;

internal sealed partial class HubSubscription
{
    [LoggerMessage(EventId = 3300, Level = LogLevel.Error, Message = "A SignalR subscription failed.")]
    private static partial void LogFault(ILogger logger, Exception exception);
}
