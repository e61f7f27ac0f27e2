using Microsoft.Extensions.Logging;

namespace EventCluster.Edge.Http;

internal sealed partial class AnswerGuard
{
    [LoggerMessage(EventId = 3001, Level = LogLevel.Error, Message = "{Method} {Path} failed.")]
    private static partial void LogFault(ILogger logger, Exception exception, string method, string path);
}
