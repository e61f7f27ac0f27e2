using Microsoft.Extensions.Logging;

namespace EventCluster.Core.Maintenance;

/// <content>Log messages 1100–1199.</content>
internal sealed partial class Sweeper
{
    [LoggerMessage(1100, LogLevel.Error, "Looking for due streams failed; it is tried again at the next interval.")]
    private static partial void LogSweepFailed(ILogger logger, Exception exception);

    [LoggerMessage(1101, LogLevel.Error, "The wall clock departs from the monotonic clock by {Seconds} s: nothing expires until they agree again or the server is restarted.")]
    private static partial void LogClockDeparted(ILogger logger, double seconds);

    [LoggerMessage(1102, LogLevel.Warning, "The wall clock agrees with the monotonic clock again: streams expire as before.")]
    private static partial void LogClockAgrees(ILogger logger);

    [LoggerMessage(1103, LogLevel.Warning, "Stream '{Stream}': another owner took over (its fence is {Newest}, this owner's {Fence}); waiting reads are sent there.")]
    private static partial void LogFenceLost(ILogger logger, string stream, long fence, long newest);
}
