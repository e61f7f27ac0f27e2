using EventCluster.Delivery.Timing;

namespace EventCluster.Edge.Sessions;

/// <summary>
/// Keeps the heartbeats of one connection, also while its loop waits for a client that takes nothing. After
/// <see cref="Dispose"/> nothing of the connection is touched or held.
/// </summary>
internal sealed class SessionClock : IDeadline, IDisposable
{
    private const long NotEnded = long.MinValue;

    private readonly DeadlineQueue _deadlines;
    private readonly Liveness _rule;
    private readonly bool _hears;
    private readonly Lock _gate = new();
    private SessionLoop? _loop;
    private Action? _ping;
    private Action? _cut;
    private Action? _silent;
    private long _heard;
    private long _pinged;
    private long _endedAt = NotEnded;

    /// <param name="deadlines">The timer of all connections.</param>
    /// <param name="heartbeat">One heartbeat; with a window at least that long.</param>
    /// <param name="window">Least time between two deliveries.</param>
    /// <param name="loop">The connection.</param>
    /// <param name="hears">Whether the client speaks, so that its silence means something.</param>
    /// <param name="ping">Says something; done by the loop.</param>
    /// <param name="cut">Ends the connection at once.</param>
    public SessionClock(
        DeadlineQueue deadlines, TimeSpan heartbeat, TimeSpan window, SessionLoop loop, bool hears, Action ping, Action cut)
    {
        _deadlines = deadlines;
        _hears = hears;
        var now = deadlines.Now;
        _rule = new Liveness(
            deadlines.Later(now, heartbeat) - now,
            deadlines.Later(now, EdgeLimits.CloseTimeout) - now,
            deadlines.Later(now, window) - now);
        _loop = loop;
        _ping = () => loop.DoWithDelivery(ping);
        _cut = cut;
        _heard = now;
        _pinged = now;
        _deadlines.Add(this, now + _rule.Heartbeat);
    }

    /// <summary>Takes leave of a client that said nothing for two heartbeats; done by the loop. Null to cut it.</summary>
    public Action? Silent
    {
        get => _silent;
        init => _silent = value;
    }

    /// <summary>The client said something.</summary>
    public void Hear() => Volatile.Write(ref _heard, _deadlines.Now);

    /// <summary>The session begins to end; from now on its client has the time of a farewell.</summary>
    public void BeginFarewell()
    {
        var now = _deadlines.Now;
        if (Interlocked.CompareExchange(ref _endedAt, now, NotEnded) == NotEnded)
        {
            _deadlines.Add(this, now + _rule.Farewell);
        }
    }

    /// <inheritdoc />
    public void OnDue(long now)
    {
        lock (_gate)
        {
            if (_loop is null)
            {
                return;
            }

            var endedAt = Volatile.Read(ref _endedAt);
            var (action, nextAt) = _rule.Decide(
                now, _hears ? Volatile.Read(ref _heard) : null, _loop.LastSent, _pinged, endedAt == NotEnded ? null : endedAt);
            switch (action)
            {
                case LivenessAction.Cut when endedAt == NotEnded && _silent is not null:
                    // One that only forgot to answer hears why; one that is gone, or takes nothing, is cut after a farewell.
                    BeginFarewell();
                    _loop.Post(_silent);
                    return;
                case LivenessAction.Cut:
                    _cut!();
                    return;
                case LivenessAction.Ping:
                    _pinged = now;
                    if (!_loop.IsPaused)
                    {
                        _loop.Post(_ping!);
                    }

                    break;
            }

            _deadlines.Add(this, nextAt);
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _loop = null;
            _ping = null;
            _cut = null;
            _silent = null;
        }
    }
}
