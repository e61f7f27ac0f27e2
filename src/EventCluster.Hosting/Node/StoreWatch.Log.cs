using Microsoft.Extensions.Logging;

namespace EventCluster.Hosting.Node;

internal sealed partial class StoreWatch
{
    [LoggerMessage(4001, LogLevel.Critical, "The store can never write again and the process stops: {Reason}")]
    private partial void StoreFailed(string? reason);
}
