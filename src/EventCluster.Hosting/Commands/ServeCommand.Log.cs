using Microsoft.Extensions.Logging;

namespace EventCluster.Hosting.Commands;

internal static partial class ServeCommand
{
    [LoggerMessage(4010, LogLevel.Information, "EventCluster {Version} serves on {Urls}")]
    private static partial void Serving(ILogger logger, string version, string urls);

    [LoggerMessage(4011, LogLevel.Warning,
        "{Urls} can be reached by others and nobody is asked for credentials: everybody can read, write and delete")]
    private static partial void Unauthenticated(ILogger logger, string urls);

    [LoggerMessage(4012, LogLevel.Information, "EventCluster stops: clients are told to move, what was sent is answered")]
    private static partial void Stopping(ILogger logger);

    [LoggerMessage(4013, LogLevel.Information, "EventCluster has stopped")]
    private static partial void Stopped(ILogger logger);

    [LoggerMessage(4014, LogLevel.Information, "Memory budget {Budget} MiB of {Available} MiB that the runtime may use: {Shares}")]
    private static partial void Memory(ILogger logger, long budget, long available, string shares);
}
