using Microsoft.Extensions.Logging;

namespace EventCluster.Edge.Http;

internal sealed partial class RefusedOrigins
{
    [LoggerMessage(
        EventId = 3010,
        Level = LogLevel.Warning,
        Message = "A page of the origin '{Origin}' was refused; list the origin in {Option} if it may use this server. Each origin is logged once.")]
    private static partial void LogRefused(ILogger logger, string origin, string option);

    [LoggerMessage(
        EventId = 3011, Level = LogLevel.Warning, Message = "{Count} refused origins were logged; further ones are not.")]
    private static partial void LogFull(ILogger logger, int count);
}
