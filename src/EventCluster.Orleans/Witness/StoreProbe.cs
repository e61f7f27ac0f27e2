using EventCluster.Abstractions.Store;

namespace EventCluster.Orleans.Witness;

/// <summary>Asks the store whether it answers this silo. Questions that come while one is in flight share the next one.</summary>
internal sealed class StoreProbe(ILogStore store, TimeProvider time)
{
    /// <summary>A store that takes longer does not answer.</summary>
    public static readonly TimeSpan Timeout = TimeSpan.FromMilliseconds(700);

    /// <summary>
    /// Questions without an answer at once: each is cancelled at the timeout, but a store may hold its connection until its own. While
    /// there are as many, the store counts as silent.
    /// </summary>
    private const int MaxUnanswered = 4;

    private readonly Lock _gate = new();
    private int _unanswered;
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
            return Volatile.Read(ref _unanswered) < MaxUnanswered && await SendAsync().WaitAsync(Timeout, time);
        }
        catch (TimeoutException)
        {
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

    private async Task<bool> SendAsync()
    {
        Interlocked.Increment(ref _unanswered);
        using var end = new CancellationTokenSource(Timeout, time);
        try
        {
            await store.GetStampsAsync([], end.Token);
            return true;
        }
        catch (Exception)
        {
            // The store reports its outage itself.
            return false;
        }
        finally
        {
            Interlocked.Decrement(ref _unanswered);
        }
    }
}
