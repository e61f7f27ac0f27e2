using Microsoft.Extensions.Logging;

namespace EventCluster.Core.Forks;

/// <content>Log messages 1200–1299.</content>
internal sealed partial class ForkFlow
{
    [LoggerMessage(1200, LogLevel.Error, "Stream '{Stream}': a visit that was due failed; it is tried again.")]
    private static partial void LogVisitFailed(ILogger logger, string stream, Exception exception);

    [LoggerMessage(1201, LogLevel.Warning, "Stream '{Source}': the unconfirmed hold of fork '{Fork}' is settled; the fork exists: {Exists}.")]
    private static partial void LogHoldSettled(ILogger logger, string source, string fork, bool exists);
}
