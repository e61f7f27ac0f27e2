namespace EventCluster.Edge.SignalR;

/// <summary>How many of something are open, and when the last one is gone.</summary>
internal sealed class OpenCount
{
    private readonly Lock _gate = new();
    private TaskCompletionSource? _none;

    /// <summary>Open now.</summary>
    public int Value { get; private set; }

    /// <summary>One more.</summary>
    /// <returns>How many there are with it.</returns>
    public int Enter()
    {
        lock (_gate)
        {
            return ++Value;
        }
    }

    /// <summary>One less.</summary>
    public void Exit()
    {
        TaskCompletionSource? none = null;
        lock (_gate)
        {
            if (--Value == 0)
            {
                (none, _none) = (_none, null);
            }
        }

        none?.SetResult();
    }

    /// <summary>Completes when there is none.</summary>
    public Task NoneAsync()
    {
        lock (_gate)
        {
            if (Value == 0)
            {
                return Task.CompletedTask;
            }

            _none ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return _none.Task;
        }
    }
}
