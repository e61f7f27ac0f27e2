using EventCluster.Protocol;

namespace EventCluster.Failover.Partitions;

/// <summary>A client that goes to the next of its ports whenever one does not acknowledge, and stays there.</summary>
internal sealed class MovingAppendPort(IReadOnlyList<IAppendPort> ports, int first) : IAppendPort
{
    private readonly int _first = first;
    private int _moves;

    /// <summary>Goes back to where it began, as clients of a load balancer come back.</summary>
    public void Reset() => Volatile.Write(ref _moves, 0);

    /// <inheritdoc />
    public async ValueTask<StreamOffset?> TryAppendAsync(ProducedAppend append, CancellationToken cancellationToken)
    {
        var moves = Volatile.Read(ref _moves);
        try
        {
            return await ports[(_first + moves) % ports.Count].TryAppendAsync(append, cancellationToken);
        }
        catch (AppendRetryException)
        {
            Interlocked.CompareExchange(ref _moves, moves + 1, moves);
            throw;
        }
    }
}
