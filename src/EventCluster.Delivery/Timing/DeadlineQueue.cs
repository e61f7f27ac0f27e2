using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace EventCluster.Delivery.Timing;

/// <summary>
/// The deadlines of all connections on one timer. There is no removal: whoever was postponed finds out when it is due and
/// adds itself again, so a busy connection costs nothing here.
/// </summary>
internal sealed partial class DeadlineQueue : IDisposable
{
    /// <summary>Deadlines are rounded down to this, so that many fire together.</summary>
    private static readonly TimeSpan Grain = TimeSpan.FromMilliseconds(20);

    private readonly TimeProvider _time;
    private readonly ITimer _timer;
    private readonly ILogger _logger;
    private readonly Lock _gate = new();
    private readonly PriorityQueue<IDeadline, long> _queue = new();
    private readonly long _grain;
    private long _armedFor = long.MaxValue;

    public DeadlineQueue(TimeProvider time, ILogger<DeadlineQueue>? logger = null)
    {
        (_time, _logger) = (time, logger ?? NullLogger<DeadlineQueue>.Instance);
        _grain = Math.Max(1, time.TimestampFrequency * Grain.Ticks / TimeSpan.TicksPerSecond);
        _timer = time.CreateTimer(
            static queue => ((DeadlineQueue)queue!).Fire(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Now, in timestamps.</summary>
    public long Now => _time.GetTimestamp();

    /// <summary>The wall clock, for times that streams name.</summary>
    public DateTimeOffset UtcNow => _time.GetUtcNow();

    /// <summary>The timestamp that is <paramref name="span"/> from now, rounded down to the grain.</summary>
    public long In(TimeSpan span) => Later(_time.GetTimestamp(), span);

    /// <summary>The timestamp <paramref name="span"/> after another one, rounded down to the grain.</summary>
    public long Later(long timestamp, TimeSpan span)
    {
        var at = timestamp + (long)(span.TotalSeconds * _time.TimestampFrequency);
        return at / _grain * _grain;
    }

    /// <summary>The time that is left until a timestamp.</summary>
    public TimeSpan Until(long timestamp) => _time.GetElapsedTime(_time.GetTimestamp(), timestamp);

    /// <summary>Adds a deadline.</summary>
    /// <param name="deadline">Who is told.</param>
    /// <param name="dueAt">When, in timestamps.</param>
    public void Add(IDeadline deadline, long dueAt)
    {
        lock (_gate)
        {
            _queue.Enqueue(deadline, dueAt);
            Arm();
        }
    }

    public void Dispose() => _timer.Dispose();

    private void Fire()
    {
        var now = _time.GetTimestamp();
        lock (_gate)
        {
            _armedFor = long.MaxValue;
        }

        try
        {
            while (TakeDue(now) is { } deadline)
            {
                Tell(deadline, now);
            }
        }
        finally
        {
            lock (_gate)
            {
                Arm();
            }
        }
    }

    /// <summary>One who fails when told must not keep the others' deadlines from coming, nor end the process on its timer.</summary>
    private void Tell(IDeadline deadline, long now)
    {
        try
        {
            deadline.OnDue(now);
        }
        catch (Exception e)
        {
            LogFault(_logger, e);
        }
    }

    private IDeadline? TakeDue(long now)
    {
        lock (_gate)
        {
            return _queue.TryPeek(out _, out var dueAt) && dueAt <= now ? _queue.Dequeue() : null;
        }
    }

    private void Arm()
    {
        if (_queue.TryPeek(out _, out var dueAt) && dueAt < _armedFor)
        {
            // Rounded up, or a timer that counts milliseconds would fire just before the deadline, again and again.
            var left = Math.Max(0, dueAt - _time.GetTimestamp());
            _timer.Change(
                TimeSpan.FromMilliseconds(Math.Ceiling(left * 1000.0 / _time.TimestampFrequency)), Timeout.InfiniteTimeSpan);

            // Only now: a timer that could not be set is set by the next deadline.
            _armedFor = dueAt;
        }
    }
}
