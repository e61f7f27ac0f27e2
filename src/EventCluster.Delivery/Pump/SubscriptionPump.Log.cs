using Microsoft.Extensions.Logging;

namespace EventCluster.Delivery.Pump;

/// <content>Log messages.</content>
internal sealed partial class SubscriptionPump
{
    [LoggerMessage(3110, LogLevel.Error, "The subscription pump met a surprise; the connections it concerns were cut.")]
    private static partial void LogFault(ILogger logger, Exception exception);
}
