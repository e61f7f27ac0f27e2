using EventCluster.Abstractions.Store;
using Microsoft.Extensions.Logging;

namespace EventCluster.Core.Running;

/// <content>Log messages 1000–1099.</content>
internal sealed partial class StreamLogRunner
{
    [LoggerMessage(1000, LogLevel.Error, "Stream '{Stream}': a surprise ended its owner; pending commands got the error.")]
    private static partial void LogSurprise(ILogger logger, string stream, Exception exception);

    [LoggerMessage(1001, LogLevel.Warning, "Stream '{Stream}': the outcome of commit {Version} is unknown; the stream is opened again.")]
    private static partial void LogCommitUnknown(ILogger logger, string stream, long version, Exception? exception);

    [LoggerMessage(1002, LogLevel.Warning, "Stream '{Stream}': commit {Version} under fence {Fence} met a conflict; the stream is opened again.")]
    private static partial void LogCommitConflict(ILogger logger, string stream, long version, long fence);

    [LoggerMessage(1003, LogLevel.Warning, "Stream '{Stream}': the store refused a commit: {Status}.")]
    private static partial void LogCommitRefused(ILogger logger, string stream, CommitStatus status);

    [LoggerMessage(1004, LogLevel.Error, "Stream '{Stream}': opening it failed; its owner ends.")]
    private static partial void LogReopenFailed(ILogger logger, string stream, Exception? exception);

    [LoggerMessage(1005, LogLevel.Warning, "Stream '{Stream}': another owner took over; this one ends.")]
    private static partial void LogOwnershipLost(ILogger logger, string stream);

    [LoggerMessage(1008, LogLevel.Error, "Stream '{Stream}': the store lost commits that were acknowledged: it has version {Stored}, and "
        + "version {Acknowledged} was acknowledged. Positions after {Tail} are answered with a gap from now on; a new incarnation begins there.")]
    private static partial void LogCommitsLost(ILogger logger, string stream, long stored, long acknowledged, string tail);

    [LoggerMessage(1009, LogLevel.Information, "Stream '{Stream}': the store may have lost commits (a failover); a new incarnation begins at {Tail}.")]
    private static partial void LogIncarnationStarted(ILogger logger, string stream, string tail);

    [LoggerMessage(1007, LogLevel.Debug, "Stream '{Stream}': the store does not answer; its owner ends until somebody asks again.")]
    private static partial void LogUnreachable(ILogger logger, string stream);

    [LoggerMessage(1006, LogLevel.Error, "Stream '{Stream}': retention cannot read the oldest blocks; it is tried again after the next commit.")]
    private static partial void LogRetentionFailed(ILogger logger, string stream, Exception exception);
}
