using Microsoft.Extensions.Logging;

namespace EventCluster.Storage.LocalDisk.Recovery;

/// <content>Log messages.</content>
internal sealed partial class StartCleaner
{
    [LoggerMessage(2013, LogLevel.Error, "{Path} holds bytes that this store cannot explain; it is now {Aside} and never read again ({Count} such files)")]
    private static partial void LogSetAside(ILogger logger, string path, string aside, int count);
}
