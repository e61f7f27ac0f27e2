using System.Net;
using Microsoft.Extensions.Logging;

namespace EventCluster.Orleans.Connections;

/// <content>Log messages 6070–6079.</content>
internal sealed partial class ClusterHandshakes
{
    [LoggerMessage(6070, LogLevel.Warning, "Refused a connection of {Peer} to the {Port} port: {Reason}")]
    private static partial void LogRefused(ILogger logger, EndPoint? peer, ClusterPort port, string reason);

    [LoggerMessage(6071, LogLevel.Warning, "The connection to the {Port} port of {Peer} failed: {Reason}")]
    private static partial void LogFailed(ILogger logger, ClusterPort port, EndPoint? peer, string reason);
}
