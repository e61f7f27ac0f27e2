using Microsoft.Extensions.Logging;

namespace EventCluster.Orleans.Grains;

/// <content>Log messages 6000–6009.</content>
internal sealed partial class StreamGrain
{
    [LoggerMessage(6000, LogLevel.Warning, "Stream '{Stream}': a call failed; the caller tries again and the owner is looked for anew.")]
    private static partial void LogCallFailed(ILogger logger, string stream, Exception exception);
}
