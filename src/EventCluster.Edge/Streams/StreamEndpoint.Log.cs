using EventCluster.Protocol;
using Microsoft.Extensions.Logging;

namespace EventCluster.Edge.Streams;

internal sealed partial class StreamEndpoint
{
    [LoggerMessage(EventId = 3001, Level = LogLevel.Error, Message = "{Method} of stream {Stream} failed.")]
    private static partial void LogFault(ILogger logger, Exception exception, string method, StreamName stream);
}
