using Microsoft.Extensions.Logging;

namespace EventCluster.Storage.LocalDisk.Recovery;

/// <content>Log messages.</content>
internal sealed partial class JournalOpener
{
    [LoggerMessage(2010, LogLevel.Information, "Opened {Directory}: streams {Streams}, journal groups replayed {Groups}, clean stop {CleanStop}")]
    private static partial void LogOpened(ILogger logger, string directory, int streams, int groups, bool cleanStop);

    [LoggerMessage(2011, LogLevel.Warning, "Dropped a torn tail at {Position}: {Bytes} bytes behind everything that is recorded as flushed")]
    private static partial void LogTornTail(ILogger logger, string position, long bytes);

    [LoggerMessage(2014, LogLevel.Information, "{Directory} is now of data format {Format}; older builds refuse it")]
    private static partial void LogUpgraded(ILogger logger, string directory, int format);

    [LoggerMessage(2012, LogLevel.Error, "Checkpoint {File} is damaged; an older one and a longer scan take its place")]
    private static partial void LogBadCheckpoint(ILogger logger, string file);
}
