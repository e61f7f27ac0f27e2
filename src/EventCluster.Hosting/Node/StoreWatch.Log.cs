using Microsoft.Extensions.Logging;

namespace EventCluster.Hosting.Node;

public sealed partial class StoreWatch
{
    [LoggerMessage(4001, LogLevel.Critical, "The store can never write again and the process stops: {Reason}")]
    private partial void StoreFailed(string? reason);

    [LoggerMessage(4002, LogLevel.Critical, "The data belong to another cluster and the process stops: {Reason}")]
    private partial void StoreIsForeign(string? reason);
}
