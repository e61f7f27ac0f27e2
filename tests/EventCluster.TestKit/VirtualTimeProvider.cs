namespace EventCluster.TestKit;

/// <summary>
/// A clock that moves only by <see cref="Advance"/>. Timers fire on the advancing thread, in order of due time and then
/// of creation, and each sees the clock at its own due time. The timestamp frequency is a prime, so code that confuses
/// timestamps with ticks or milliseconds fails.
/// </summary>
public sealed class VirtualTimeProvider : TimeProvider
{
    private readonly Lock _lock = new();
    private readonly SortedSet<VirtualTimer> _armed = new(VirtualTimer.ByDueTime);
    private readonly DateTimeOffset _start;
    private TimeSpan _elapsed;
    private TimeSpan _wallClockOffset;
    private long _timersCreated;

    /// <summary>
    /// A timer that is set for a moment that is over fires at once on the thread pool, as a real one does, and not at the next
    /// <see cref="Advance"/>. For tests of code on many threads, which may set it after the test moved the clock; what is
    /// deterministic goes without.
    /// </summary>
    public bool FiresWhenOverdue { get; init; }

    /// <summary>A clock that shows the given moment; without one, noon of 2026-01-01 UTC.</summary>
    public VirtualTimeProvider(DateTimeOffset? start = null)
    {
        _start = start ?? new DateTimeOffset(2026, 1, 1, 12, 0, 0, TimeSpan.Zero);
    }

    /// <inheritdoc />
    public override long TimestampFrequency => 7_368_787;

    /// <inheritdoc />
    public override TimeZoneInfo LocalTimeZone => TimeZoneInfo.Utc;

    /// <summary>Time since the clock was made, untouched by <see cref="JumpWallClock"/>.</summary>
    public TimeSpan Elapsed
    {
        get
        {
            lock (_lock)
            {
                return _elapsed;
            }
        }
    }

    /// <summary>When the next timer is due, counted like <see cref="Elapsed"/>; null when none is armed.</summary>
    public TimeSpan? NextDue
    {
        get
        {
            lock (_lock)
            {
                return _armed.Min?.Due;
            }
        }
    }

    /// <summary>Number of armed timers.</summary>
    public int ArmedTimers
    {
        get
        {
            lock (_lock)
            {
                return _armed.Count;
            }
        }
    }

    /// <inheritdoc />
    public override DateTimeOffset GetUtcNow()
    {
        lock (_lock)
        {
            return _start + _elapsed + _wallClockOffset;
        }
    }

    /// <inheritdoc />
    public override long GetTimestamp()
    {
        lock (_lock)
        {
            return (long)((Int128)_elapsed.Ticks * TimestampFrequency / TimeSpan.TicksPerSecond);
        }
    }

    /// <summary>Moves the clock forward and fires what becomes due on the way.</summary>
    public void Advance(TimeSpan by)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(by, TimeSpan.Zero);
        TimeSpan target;
        lock (_lock)
        {
            target = _elapsed + by;
        }

        while (TakeDue(target) is { } timer)
        {
            timer.Fire();
        }

        lock (_lock)
        {
            _elapsed = target > _elapsed ? target : _elapsed;
        }
    }

    /// <summary>Moves the clock to the next timer and fires everything due then; false when no timer is armed.</summary>
    public bool AdvanceToNextTimer()
    {
        TimeSpan by;
        lock (_lock)
        {
            if (_armed.Min is not { } next)
            {
                return false;
            }

            by = next.Due > _elapsed ? next.Due - _elapsed : TimeSpan.Zero;
        }

        Advance(by);
        return true;
    }

    /// <summary>Sets the wall clock forward or back against the monotonic clock, as an operator or NTP does.</summary>
    public void JumpWallClock(TimeSpan by)
    {
        lock (_lock)
        {
            _wallClockOffset += by;
        }
    }

    /// <inheritdoc />
    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        ArgumentNullException.ThrowIfNull(callback);
        var timer = new VirtualTimer(this, callback, state, Interlocked.Increment(ref _timersCreated));
        timer.Change(dueTime, period);
        return timer;
    }

    private VirtualTimer? TakeDue(TimeSpan target)
    {
        lock (_lock)
        {
            if (_armed.Min is not { } next || next.Due > target)
            {
                return null;
            }

            _armed.Remove(next);
            _elapsed = next.Due > _elapsed ? next.Due : _elapsed;
            if (next.Period > TimeSpan.Zero)
            {
                next.Due += next.Period;
                _armed.Add(next);
            }

            return next;
        }
    }

    private sealed class VirtualTimer(VirtualTimeProvider clock, TimerCallback callback, object? state, long number) : ITimer
    {
        public static readonly IComparer<VirtualTimer> ByDueTime = Comparer<VirtualTimer>.Create(
            static (a, b) => a.Due != b.Due ? a.Due.CompareTo(b.Due) : a.Number.CompareTo(b.Number));

        private bool _disposed;

        public TimeSpan Due { get; set; }

        public TimeSpan Period { get; private set; }

        private long Number => number;

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            lock (clock._lock)
            {
                if (_disposed)
                {
                    return false;
                }

                clock._armed.Remove(this);
                if (clock.FiresWhenOverdue && dueTime == TimeSpan.Zero)
                {
                    ThreadPool.UnsafeQueueUserWorkItem(static timer => timer.Fire(), this, preferLocal: false);
                    dueTime = period > TimeSpan.Zero ? period : Timeout.InfiniteTimeSpan;
                }

                if (dueTime >= TimeSpan.Zero)
                {
                    Due = clock._elapsed + dueTime;
                    Period = period;
                    clock._armed.Add(this);
                }

                return true;
            }
        }

        public void Fire() => callback(state);

        public void Dispose()
        {
            lock (clock._lock)
            {
                _disposed = true;
                clock._armed.Remove(this);
            }
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
