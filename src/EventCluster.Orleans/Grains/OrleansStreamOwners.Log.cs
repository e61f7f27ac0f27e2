using Microsoft.Extensions.Logging;

namespace EventCluster.Orleans.Grains;

/// <content>Log messages 6010–6019.</content>
internal sealed partial class OrleansStreamOwners
{
    [LoggerMessage(6010, LogLevel.Warning, "The owner of stream '{Stream}' did not answer another owner; the step is tried again by a later visit.")]
    private static partial void LogStepFailed(ILogger logger, string stream, Exception exception);
}
