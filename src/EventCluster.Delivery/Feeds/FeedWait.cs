using System.Threading.Tasks.Sources;
using EventCluster.Delivery.Timing;

namespace EventCluster.Delivery.Feeds;

/// <summary>
/// A wait for news of a feed that is used again and again by one reader: no task, timer or registration per wait. It may
/// wake for no reason, so its reader looks again.
/// </summary>
internal sealed class FeedWait(DeadlineQueue deadlines) : IValueTaskSource, IDeadline
{
    private readonly Lock _gate = new();
    private ManualResetValueTaskSourceCore<bool> _source = new() { RunContinuationsAsynchronously = true };
    private long _dueAt;
    private long _queuedAt = long.MaxValue;
    private bool _isWaiting;

    /// <summary>Arms the wait, before it is registered with a feed.</summary>
    /// <param name="until">When it wakes at the latest, in timestamps of the queue.</param>
    public void Arm(long until)
    {
        bool enqueue;
        lock (_gate)
        {
            _source.Reset();
            _isWaiting = true;
            _dueAt = until;

            // One queued deadline per wait object is enough: an earlier one queues itself again when it finds this one.
            enqueue = _queuedAt > _dueAt;
            if (enqueue)
            {
                _queuedAt = _dueAt;
            }
        }

        if (enqueue)
        {
            deadlines.Add(this, _dueAt);
        }
    }

    /// <summary>Completes when the wait is woken.</summary>
    public ValueTask WaitAsync() => new(this, _source.Version);

    /// <summary>Wakes the wait; nothing happens when it is not armed.</summary>
    public void Wake()
    {
        lock (_gate)
        {
            if (!_isWaiting)
            {
                return;
            }

            _isWaiting = false;
        }

        _source.SetResult(true);
    }

    /// <inheritdoc />
    public void OnDue(long now)
    {
        bool wake;
        long again = 0;
        lock (_gate)
        {
            wake = _isWaiting && _dueAt <= now;
            _queuedAt = long.MaxValue;
            if (_isWaiting && !wake)
            {
                again = _queuedAt = _dueAt;
            }
        }

        if (wake)
        {
            Wake();
        }
        else if (again != 0)
        {
            deadlines.Add(this, again);
        }
    }

    void IValueTaskSource.GetResult(short token) => _source.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource.GetStatus(short token) => _source.GetStatus(token);

    void IValueTaskSource.OnCompleted(
        Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _source.OnCompleted(continuation, state, token, flags);
}
