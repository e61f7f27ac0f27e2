using Microsoft.Extensions.Logging;

namespace EventCluster.Hosting.Commands;

/// <content>Log messages.</content>
public static partial class NodeProcess
{
    [LoggerMessage(4015, LogLevel.Warning,
        "The time for the stop (EventCluster:Shutdown:Timeout) was over before everything had ended; what was left was cut")]
    private static partial void LogStoppedLate(ILogger logger);
}
