using EventCluster.Protocol;
using Microsoft.Extensions.Logging;

namespace EventCluster.Edge.Feeds;

/// <content>Log messages.</content>
internal sealed partial class StreamFeed
{
    [LoggerMessage(3100, LogLevel.Error, "Stream '{Stream}': the read that feeds its subscribers failed; they read on by themselves.")]
    private static partial void LogFault(ILogger logger, Exception exception, StreamName stream);
}
