using System.Diagnostics;
using System.Threading.Tasks.Sources;

namespace EventCluster.Core.Running;

/// <summary>
/// One read that waits at the tail. It ends without exceptions: woken, timed out or cancelled. One that was woken because
/// something changed may wait again, so that a reader that follows the tail costs no new objects per event.
/// </summary>
internal sealed class ParkedRead(TimeProvider time) : IValueTaskSource<WakeReason>
{
    private readonly Lock _gate = new();
    private ManualResetValueTaskSourceCore<WakeReason> _source = new() { RunContinuationsAsynchronously = true };
    private CancellationTokenRegistration _registration;
    private ITimer? _timer;
    private long _timerAt = long.MaxValue;
    private long _dueAt = long.MaxValue;
    private bool _isWaiting;

    /// <summary>Its neighbours among the parked reads of a stream; guarded by the runner's lock while <see cref="IsParked"/>.</summary>
    public ParkedRead? Next { get; set; }

    /// <inheritdoc cref="Next"/>
    public ParkedRead? Previous { get; set; }

    /// <summary>It is among the parked reads of its stream; guarded by the runner's lock.</summary>
    public bool IsParked { get; set; }

    /// <summary>Begins a wait: it may be woken from now on.</summary>
    public void Begin()
    {
        lock (_gate)
        {
            _source.Reset();
            (_isWaiting, _dueAt) = (true, long.MaxValue);
        }
    }

    /// <summary>Arms the deadline and the caller's token, and completes when the wait is over; to be awaited once.</summary>
    /// <param name="since">When the wait began, a timestamp.</param>
    /// <param name="waitUpTo">How long it lasts at most.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public ValueTask<WakeReason> WaitAsync(long since, TimeSpan waitUpTo, CancellationToken cancellationToken)
    {
        bool isDue;
        lock (_gate)
        {
            _dueAt = since + (long)Math.Ceiling(waitUpTo.TotalSeconds * time.TimestampFrequency);

            // A timer that is set already rings early and is set again then: waits that are woken before cost no timer.
            isDue = _isWaiting && _dueAt < _timerAt && !TrySetTimer();
        }

        if (isDue)
        {
            Wake(WakeReason.TimedOut);
        }

        _registration = cancellationToken.UnsafeRegister(
            static state => ((ParkedRead)state!).Wake(WakeReason.Cancelled), this);
        return new ValueTask<WakeReason>(this, _source.Version);
    }

    /// <summary>Ends the wait, unless it is over.</summary>
    public void Wake(WakeReason reason)
    {
        lock (_gate)
        {
            if (!_isWaiting)
            {
                return;
            }

            _isWaiting = false;
        }

        _source.SetResult(reason);
    }

    /// <summary>Gives the caller's token back; call after waiting. Nothing but the timer may know it from then on.</summary>
    public void Disarm() => _registration.Dispose();

    /// <summary>Gives the timer back: it will not wait again.</summary>
    public void Retire()
    {
        lock (_gate)
        {
            _isWaiting = false;
            _timer?.Dispose();
        }
    }

    WakeReason IValueTaskSource<WakeReason>.GetResult(short token) => _source.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource<WakeReason>.GetStatus(short token) => _source.GetStatus(token);

    void IValueTaskSource<WakeReason>.OnCompleted(
        Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _source.OnCompleted(continuation, state, token, flags);

    private void OnTimer()
    {
        lock (_gate)
        {
            _timerAt = long.MaxValue;
            if (!_isWaiting || _dueAt == long.MaxValue)
            {
                return;
            }

            if (TrySetTimer())
            {
                return;
            }
        }

        Wake(WakeReason.TimedOut);
    }

    /// <summary>Sets the timer for the deadline; false when that has passed.</summary>
    private bool TrySetTimer()
    {
        Debug.Assert(_gate.IsHeldByCurrentThread, "The timer is set under the lock.");
        var left = time.GetElapsedTime(time.GetTimestamp(), _dueAt);
        if (left <= TimeSpan.Zero)
        {
            return false;
        }

        _timerAt = _dueAt;

        // Timers count whole milliseconds and would ring before a rest of one is over.
        var rounded = TimeSpan.FromMilliseconds(Math.Ceiling(left.TotalMilliseconds));
        if (_timer is null)
        {
            _timer = time.CreateTimer(
                static state => ((ParkedRead)state!).OnTimer(), this, rounded, Timeout.InfiniteTimeSpan);
        }
        else
        {
            _timer.Change(rounded, Timeout.InfiniteTimeSpan);
        }

        // A clock that a test moved meanwhile is not waited for.
        return time.GetTimestamp() < _dueAt;
    }
}
