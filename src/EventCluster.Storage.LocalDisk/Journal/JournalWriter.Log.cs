using Microsoft.Extensions.Logging;

namespace EventCluster.Storage.LocalDisk.Journal;

/// <content>Log messages.</content>
internal sealed partial class JournalWriter
{
    [LoggerMessage(2000, LogLevel.Critical, "Journal write or flush failed in {Path}; no further write is accepted until a restart")]
    private static partial void LogFailed(ILogger logger, Exception exception, string path);

    [LoggerMessage(2001, LogLevel.Error, "The disk is full: {Reason} Appends are refused; reads, deletes and trims go on")]
    private static partial void LogFull(ILogger logger, string reason);

    [LoggerMessage(2005, LogLevel.Warning, "The journal is short of something and waits with its appends: {Reason}")]
    private static partial void LogShort(ILogger logger, string reason);

    [LoggerMessage(2002, LogLevel.Information, "The disk has room again; appends are accepted")]
    private static partial void LogRoomAgain(ILogger logger);
}
