using Microsoft.Extensions.Logging;

namespace EventCluster.Delivery.Reading;

internal sealed partial class DamageLog
{
    [LoggerMessage(EventId = 3002, Level = LogLevel.Error, Message = "Stored data is damaged, said once an hour: {What}")]
    private static partial void LogDamaged(ILogger logger, string what);
}
