using Microsoft.Extensions.Logging;

namespace EventCluster.Core;

/// <content>Log messages.</content>
public sealed partial class LocalStreamDirectory
{
    [LoggerMessage(1300, LogLevel.Error, "The store did not answer within {Seconds} s; the stop goes on without {Streams} streams, whose pending commands stay unanswered.")]
    private static partial void LogNotStopped(ILogger logger, double seconds, int streams);
}
