using Microsoft.Extensions.Logging;

namespace EventCluster.Storage.LocalDisk.Maintenance;

/// <content>Log messages.</content>
internal sealed partial class Housekeeper
{
    [LoggerMessage(2020, LogLevel.Information, "Checkpoint {Number} at {Position}, {Bytes} bytes")]
    private static partial void LogCheckpoint(ILogger logger, uint number, string position, long bytes);

    [LoggerMessage(2021, LogLevel.Information, "Dropped {Path}: nothing in it is needed any more")]
    private static partial void LogDropped(ILogger logger, string path);

    [LoggerMessage(2022, LogLevel.Error, "{Path} is damaged and cannot be compacted; reads of the damaged blocks fail")]
    private static partial void LogNotCompacted(ILogger logger, string path);

    [LoggerMessage(2023, LogLevel.Error, "A checkpoint or compaction failed and will be tried again")]
    private static partial void LogFailed(ILogger logger, Exception exception);
}
