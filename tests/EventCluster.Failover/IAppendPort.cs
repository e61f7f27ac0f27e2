using EventCluster.Protocol;

namespace EventCluster.Failover;

/// <summary>One way to append to a cluster.</summary>
internal interface IAppendPort
{
    /// <summary>One attempt.</summary>
    /// <param name="append">What to append; the same for every attempt.</param>
    /// <param name="cancellationToken">Abandons the attempt.</param>
    /// <returns>The position behind the append, or null when the answer does not name it (a duplicate).</returns>
    /// <exception cref="AppendRetryException">Not acknowledged; the same append may be sent again.</exception>
    ValueTask<StreamOffset?> TryAppendAsync(ProducedAppend append, CancellationToken cancellationToken);
}
