using Microsoft.Extensions.Logging;

namespace EventCluster.Storage.LocalDisk;

/// <content>Log messages.</content>
public sealed partial class LocalDiskLogStore
{
    [LoggerMessage(2030, LogLevel.Warning, "Opened new histories in {Path}, one for each stream ({Streams}): offsets handed out after the recovered tails answer with a gap")]
    private static partial void LogNewHistories(ILogger logger, int streams, string path);
}
