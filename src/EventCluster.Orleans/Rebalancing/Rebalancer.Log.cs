using Microsoft.Extensions.Logging;

namespace EventCluster.Orleans.Rebalancing;

/// <content>Log messages 6050–6059.</content>
internal sealed partial class Rebalancer
{
    [LoggerMessage(6050, LogLevel.Information, "Handing streams ({Streams}) over to {Silo}, which owns fewer.")]
    private static partial void LogMoving(ILogger logger, int streams, string silo);
}
