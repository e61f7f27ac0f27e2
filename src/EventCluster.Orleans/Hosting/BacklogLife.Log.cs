using Microsoft.Extensions.Logging;

namespace EventCluster.Orleans.Hosting;

/// <content>Log messages 6030–6039.</content>
internal sealed partial class BacklogLife
{
    [LoggerMessage(6030, LogLevel.Information, "Stopping: finishing appends before this silo leaves; streams that it owns: {Streams}.")]
    private static partial void LogDraining(ILogger logger, int streams);

    [LoggerMessage(6031, LogLevel.Information, "Every append of this silo has its answer; its streams go to other silos now.")]
    private static partial void LogDrained(ILogger logger);

    [LoggerMessage(6032, LogLevel.Information, "Stream '{Stream}' was not handed over; it moves when this silo has left.")]
    private static partial void LogNotHandedOver(ILogger logger, string stream, Exception exception);
}
