using EventCluster.Abstractions.Store;

namespace EventCluster.Orleans.Witness;

/// <summary>Asks the store whether it answers this silo. Questions that come while one is in flight share the next one.</summary>
internal sealed class StoreProbe(ILogStore store, TimeProvider time)
{
    /// <summary>A store that takes longer does not answer.</summary>
    public static readonly TimeSpan Timeout = TimeSpan.FromMilliseconds(700);

    private readonly Lock _gate = new();
    private Task<bool>? _asking;
    private Task<bool>? _next;

    /// <summary>Whether the store answers a question that is sent after this call.</summary>
    public Task<bool> IsReachedAsync()
    {
        lock (_gate)
        {
            return _asking is null ? _asking = AskAsync() : _next ??= AskAfterAsync(_asking);
        }
    }

    private async Task<bool> AskAfterAsync(Task<bool> asking)
    {
        await asking;
        return await AskAsync();
    }

    private async Task<bool> AskAsync()
    {
        await Task.Yield();
        try
        {
            var pending = store.GetStampsAsync([], CancellationToken.None).AsTask();
            _ = pending.ContinueWith(
                static task => _ = task.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);
            await pending.WaitAsync(Timeout, time);
            return true;
        }
        catch (Exception)
        {
            // The store reports its outage itself.
            return false;
        }
        finally
        {
            lock (_gate)
            {
                (_asking, _next) = (_next, null);
            }
        }
    }
}
