using Microsoft.Extensions.Logging;

namespace EventCluster.Orleans.Loops;

/// <content>Log messages 6040–6049.</content>
internal abstract partial class SiloLoop
{
    [LoggerMessage(6040, LogLevel.Warning, "{Loop} failed; it is tried again.")]
    private static partial void LogTurnFailed(ILogger logger, string loop, Exception exception);
}
