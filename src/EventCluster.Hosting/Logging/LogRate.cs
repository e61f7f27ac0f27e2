namespace EventCluster.Hosting.Logging;

/// <summary>
/// How often one kind of line is written: a few at once, then one a second, or fewer where a client alone decides. What requests can
/// provoke is so bounded in time, whatever they carry and however many come; what is left out is counted.
/// </summary>
/// <param name="time">The clock.</param>
/// <param name="isOfClients">Whether clients cause this kind by what they send: one line, then one in <see cref="ClientInterval"/>.</param>
internal sealed class LogRate(TimeProvider time, bool isOfClients = false)
{
    /// <summary>Lines of one kind that are written at once.</summary>
    public const int Burst = 20;

    /// <summary>After which one more is written.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    /// <summary>After which one more line of what clients cause is written.</summary>
    public static readonly TimeSpan ClientInterval = TimeSpan.FromMinutes(1);

    /// <summary>How long a stack trace that was written is not written again.</summary>
    public static readonly TimeSpan TraceInterval = TimeSpan.FromHours(1);

    /// <summary>Most different stack traces that are remembered.</summary>
    private const int MaxTraces = 32;

    private readonly Lock _gate = new();
    private readonly Dictionary<int, long> _traces = [];
    private readonly int _burst = isOfClients ? 1 : Burst;
    private double _tokens = isOfClients ? 1 : Burst;
    private long _refilledAt = time.GetTimestamp();
    private long _leftOut;

    /// <summary>Time between two lines in the long run.</summary>
    public TimeSpan Pause => isOfClients ? ClientInterval : Interval;

    /// <summary>Whether a line may be written.</summary>
    /// <param name="leftOut">Lines left out before it, to be said now.</param>
    public bool TryTake(out long leftOut)
    {
        lock (_gate)
        {
            Refill();
            if (_tokens < 1)
            {
                _leftOut++;
                leftOut = 0;
                return false;
            }

            _tokens--;
            leftOut = _leftOut;
            _leftOut = 0;
            return true;
        }
    }

    /// <summary>Lines left out that nothing said yet, when there is a turn to say it.</summary>
    public long TakeLeftOut()
    {
        lock (_gate)
        {
            Refill();
            if (_leftOut == 0 || _tokens < 1)
            {
                return 0;
            }

            _tokens--;
            var leftOut = _leftOut;
            _leftOut = 0;
            return leftOut;
        }
    }

    /// <summary>Whether this exception's stack trace was not written lately.</summary>
    public bool TakesTrace(Exception exception)
    {
        var trace = HashCode.Combine(exception.GetType(), exception.StackTrace);
        var now = time.GetTimestamp();
        lock (_gate)
        {
            if (_traces.TryGetValue(trace, out var writtenAt) && time.GetElapsedTime(writtenAt, now) < TraceInterval)
            {
                return false;
            }

            if (_traces.Count >= MaxTraces)
            {
                _traces.Clear();
            }

            _traces[trace] = now;
            return true;
        }
    }

    private void Refill()
    {
        var now = time.GetTimestamp();
        _tokens = Math.Min(_burst, _tokens + (time.GetElapsedTime(_refilledAt, now) / Pause));
        _refilledAt = now;
    }
}
