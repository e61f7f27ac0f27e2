using Microsoft.Extensions.Logging;

namespace EventCluster.Storage.LocalDisk.Journal;

/// <content>Log messages.</content>
internal sealed partial class EndRecorder
{
    [LoggerMessage(2003, LogLevel.Warning, "The journal's end could not be recorded and will be tried again: {Reason}")]
    private static partial void LogDelayed(ILogger logger, string reason);

    [LoggerMessage(2004, LogLevel.Error, "The journal's end could not be recorded at the stop: {Reason}")]
    private static partial void LogNotRecorded(ILogger logger, string reason);
}
