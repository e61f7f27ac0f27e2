using EventCluster.Abstractions.Store;
using EventCluster.Core;

namespace EventCluster.Simulation;

/// <summary>One life of the node, from a start to a stop or crash.</summary>
internal sealed class NodeLife(ILogStore store, LocalStreamDirectory directory)
{
    private readonly TaskCompletionSource _died = new();

    /// <summary>It is stopping: requests that come now may find the store closed.</summary>
    public bool IsStopping { get; set; }

    public ILogStore Store => store;

    public LocalStreamDirectory Directory => directory;

    public Task Died => _died.Task;

    public void Die() => _died.TrySetResult();

    /// <summary>Ends timers and loops of a dead node. Whatever they still try fails: their store is gone.</summary>
    public async Task BuryAsync()
    {
        try
        {
            await directory.DisposeAsync();
            await store.DisposeAsync();
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException or OperationCanceledException)
        {
            // A dead node has nobody to tell.
        }
    }
}
