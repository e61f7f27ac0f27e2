using Microsoft.Extensions.Logging;

namespace EventCluster.Delivery.Timing;

internal sealed partial class DeadlineQueue
{
    [LoggerMessage(3101, LogLevel.Error, "A deadline of a connection failed; the others go on.")]
    private static partial void LogFault(ILogger logger, Exception exception);
}
