namespace EventCluster.Storage.AzureTables;

/// <summary>Counts what is on its way, so that the end can wait for it.</summary>
internal sealed class InFlight
{
    private readonly Lock _gate = new();
    private readonly TaskCompletionSource _idle = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _count;
    private bool _isClosed;

    /// <summary>One more.</summary>
    /// <exception cref="ObjectDisposedException">The end has begun.</exception>
    public void Begin()
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_isClosed, typeof(AzureTablesLogStore));
            _count++;
        }
    }

    /// <summary>One less.</summary>
    public void End()
    {
        lock (_gate)
        {
            _count--;
            SettleIfIdle();
        }
    }

    /// <summary>Takes no more, and completes when none is left.</summary>
    public Task CloseAsync()
    {
        lock (_gate)
        {
            _isClosed = true;
            SettleIfIdle();
        }

        return _idle.Task;
    }

    private void SettleIfIdle()
    {
        if (_isClosed && _count == 0)
        {
            _idle.TrySetResult();
        }
    }
}
