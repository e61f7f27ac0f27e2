namespace EventCluster.Orleans.Connections;

/// <summary>Whether other silos take this one's connections, so that a start that cannot succeed says why.</summary>
public sealed class PeerRefusals
{
    /// <summary>Connections in a row that broke off without a word until that counts as a refusal.</summary>
    internal const int MostBrokenOff = 3;

    private readonly TaskCompletionSource<string> _first = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _brokenOff;

    /// <summary>
    /// Done with the reason when another silo refuses this one for the first time, or this one the other. A connection that broke off
    /// without a word proves little: a node that dies, or that is too busy for the handshake, leaves it so; several in a row count.
    /// </summary>
    public Task<string> First => _first.Task;

    internal void Note(string reason, bool isBrokenOff)
    {
        if (!isBrokenOff || Interlocked.Increment(ref _brokenOff) >= MostBrokenOff)
        {
            _first.TrySetResult(reason);
        }
    }

    internal void NotePassed() => Volatile.Write(ref _brokenOff, 0);
}
