using EventCluster.Protocol;
using Microsoft.Extensions.Logging;

namespace EventCluster.Delivery.Feeds;

/// <content>Log messages.</content>
internal sealed partial class StreamFeed
{
    [LoggerMessage(3100, LogLevel.Error, "Stream '{Stream}': the read that feeds its subscribers failed; they read on by themselves.")]
    private static partial void LogFault(ILogger logger, Exception exception, StreamName stream);

    [LoggerMessage(3102, LogLevel.Warning, "Stream '{Stream}': its owner has not confirmed its newest state for {Seconds} s; its subscribers are told to come back.")]
    private static partial void LogUnconfirmed(ILogger logger, StreamName stream, double seconds);
}
