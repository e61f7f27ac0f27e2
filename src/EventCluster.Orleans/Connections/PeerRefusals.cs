namespace EventCluster.Orleans.Connections;

/// <summary>Whether other silos take this one's connections, so that a start that cannot succeed says why.</summary>
public sealed class PeerRefusals
{
    private readonly TaskCompletionSource<string> _first = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Done with the reason when another silo refuses this one for the first time, or this one the other.</summary>
    public Task<string> First => _first.Task;

    internal void Note(string reason) => _first.TrySetResult(reason);
}
