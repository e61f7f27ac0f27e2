using Microsoft.Extensions.Logging;

namespace EventCluster.Core.Forks;

/// <content>Log messages 1200–1299.</content>
internal sealed partial class ForkFlow
{
    [LoggerMessage(1200, LogLevel.Error, "Stream '{Stream}': a visit that was due failed; it is tried again.")]
    private static partial void LogVisitFailed(ILogger logger, string stream, Exception exception);

    [LoggerMessage(1201, LogLevel.Warning, "Stream '{Source}': the unconfirmed hold of fork '{Fork}' is settled; the fork exists: {Exists}.")]
    private static partial void LogHoldSettled(ILogger logger, string source, string fork, bool exists);

    [LoggerMessage(1202, LogLevel.Error, "Stream '{Source}': the hold of the new fork '{Fork}' is gone; the fork is removed and made again: {Removed}. If it is not, events were appended to it, and what it inherits may be purged.")]
    private static partial void LogHoldLost(ILogger logger, string source, string fork, bool removed);
}
