using EventCluster.Edge.Feeds;
using EventCluster.Edge.Framing;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace EventCluster.Edge.Pumping;

/// <summary>
/// Moves shared frames to connections, one thread at a time. In each round it encodes what is new once, walks the connections,
/// writes everything between a connection's position and the newest frame as one slice, and flushes without waiting. A
/// connection whose flush is pending is skipped until it completes; one that falls behind the log leaves and catches up by
/// itself. While the pump is busy events pile up and slices grow, so it batches by itself. A stream with few connections
/// is served at once by whoever brings its news, if the pump is at rest: that costs no change of threads.
/// </summary>
internal sealed partial class SubscriptionPump(
    FeedDirectory feeds, DeadlineQueue deadlines, IHostApplicationLifetime lifetime, ILogger<SubscriptionPump> logger)
    : IDisposable
{
    /// <summary>Connections that are served without a change of threads.</summary>
    private const int FewConnections = 4;

    /// <summary>Posted when the server stops.</summary>
    private static readonly object Stop = new();

    private readonly object _gate = new();

    /// <summary>Held by whoever does the pump's work; taken before the gate.</summary>
    private readonly object _turn = new();
    private readonly Dictionary<StreamFeed, PumpedFeed> _sources = [];
    private readonly FrameBuffer _scratch = new(4096);
    private List<object> _incoming = [];
    private List<object> _work = [];
    private List<PumpedFeed> _active = [];
    private List<PumpedFeed> _walk = [];
    private Thread? _thread;
    private CancellationTokenRegistration _stopping;
    private bool _isStopped;
    private bool _isStopping;
    private int _connections;

    /// <summary>Connections that it serves now.</summary>
    public int Connections => Volatile.Read(ref _connections);

    /// <summary>Hands a connection or a feed to the pump's thread; each posts itself once until it is taken.</summary>
    public void Post(object work)
    {
        lock (_gate)
        {
            _incoming.Add(work);
            if (_thread is null && !_isStopped)
            {
                _thread = new Thread(Run) { IsBackground = true, Name = "eventcluster-pump" };
                _thread.Start();

                // One registration for all connections: each needs one for its client only.
                _stopping = lifetime.ApplicationStopping.UnsafeRegister(
                    static pump => ((SubscriptionPump)pump!).Post(Stop), this);
            }

            Monitor.Pulse(_gate);
        }
    }

    /// <summary>Serves a feed that has news at once; false when the pump's thread has to.</summary>
    public bool TryServeNow(PumpedFeed source)
    {
        if (Monitor.IsEntered(_turn) || !Monitor.TryEnter(_turn))
        {
            return false;
        }

        try
        {
            if (_isStopped || source.IsActive || source.Connections.Count is 0 or > FewConnections)
            {
                return false;
            }

            Guard(source, static (pump, source) => pump.Serve((PumpedFeed)source));
            if (source.IsActive)
            {
                lock (_gate)
                {
                    Monitor.Pulse(_gate);
                }
            }

            return true;
        }
        finally
        {
            Monitor.Exit(_turn);
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _isStopped = true;
            Monitor.Pulse(_gate);
        }

        _stopping.Dispose();
        _thread?.Join();
        lock (_turn)
        {
            _scratch.Dispose();
        }
    }

    private void Run()
    {
        while (TryTakeWork())
        {
            lock (_turn)
            {
                Round();
            }
        }
    }

    private void Round()
    {
        foreach (var work in _work)
        {
            Guard(work, static (pump, work) => pump.Look(work));
        }

        (_active, _walk) = (_walk, _active);
        foreach (var source in _walk)
        {
            Guard(source, static (pump, source) => pump.Serve((PumpedFeed)source));
        }

        _walk.Clear();
    }

    private bool TryTakeWork()
    {
        _work.Clear();
        lock (_gate)
        {
            while (_incoming.Count == 0 && _active.Count == 0 && !_isStopped)
            {
                Monitor.Wait(_gate);
            }

            (_incoming, _work) = (_work, _incoming);
            return !_isStopped;
        }
    }

    /// <summary>A surprise ends the connections it concerns, never the pump.</summary>
    private void Guard(object work, Action<SubscriptionPump, object> action)
    {
        try
        {
            action(this, work);
        }
        catch (Exception e)
        {
            LogFault(logger, e);
            if (work is PumpedFeed source)
            {
                LeaveAll(source, PumpExit.Aborted);
            }
            else if (work is PumpedConnection { Source: not null } connection)
            {
                Leave(connection, PumpExit.Aborted);
            }
        }
    }

    private void Look(object work)
    {
        if (work == Stop)
        {
            EndAll();
            return;
        }

        if (work is PumpedFeed source)
        {
            source.Take();
            Activate(source);
            return;
        }

        var connection = (PumpedConnection)work;
        var signals = connection.TakeSignals();
        if (signals.HasFlag(PumpSignals.Attach))
        {
            Attach(connection);
        }

        if (connection.Source is null)
        {
            return;
        }

        if (signals.HasFlag(PumpSignals.Cancel))
        {
            Leave(connection, PumpExit.Cancelled);
        }
        else if (signals.HasFlag(PumpSignals.Due))
        {
            Beat(connection);
        }

        if (signals.HasFlag(PumpSignals.Flushed))
        {
            OnFlushed(connection);
        }
    }

    /// <summary>The server stops.</summary>
    private void EndAll()
    {
        _isStopping = true;
        foreach (var source in _sources.Values.ToList())
        {
            for (var i = source.Connections.Count - 1; i >= 0; i--)
            {
                if (source.Connections[i].EndsOnStop)
                {
                    Leave(source.Connections[i], PumpExit.Cancelled);
                }
            }
        }
    }

    private void Attach(PumpedConnection connection)
    {
        if (_isStopping && connection.EndsOnStop)
        {
            connection.Leave(PumpExit.Cancelled);
            return;
        }

        var feed = connection.Feed!;
        if (!_sources.TryGetValue(feed, out var source))
        {
            source = new PumpedFeed(feed, this);
            _sources.Add(feed, source);
            feed.AddListener(source);
        }

        if (!source.TryAdd(connection))
        {
            connection.Leave(PumpExit.ReadOn);
            return;
        }

        _connections++;
        connection.WrittenAt = deadlines.Now;
        connection.Schedule(deadlines, DueAt(connection));

        // What came between the connection's last read and now is not news any more.
        Activate(source);
    }

    private void Activate(PumpedFeed source)
    {
        if (!source.IsActive)
        {
            source.IsActive = true;
            _active.Add(source);
        }
    }

    private void Serve(PumpedFeed source)
    {
        source.IsActive = false;
        if (!source.Encode((int)feeds.WindowBytes, _scratch))
        {
            LeaveAll(source, PumpExit.ReadOn);
            return;
        }

        // Backwards: a connection that leaves is replaced by the last one, which was served already.
        var connections = source.Connections;
        for (var i = connections.Count - 1; i >= 0; i--)
        {
            source.IsActive |= TryWrite(connections[i]);
        }

        if (source.IsActive)
        {
            _active.Add(source);
        }
        else
        {
            source.Clear();
        }
    }

    /// <summary>Writes a connection's next slice, if it can take one. True when there is more to write at once.</summary>
    private bool TryWrite(PumpedConnection connection)
    {
        var log = connection.Log!;
        var from = connection.Position.Sequence;
        if (connection.IsFlushing || from >= log.End)
        {
            return false;
        }

        if (from < log.Start)
        {
            Leave(connection, PumpExit.ReadOn);
            return false;
        }

        var source = connection.Source!;
        var to = log.Fit(from, connection.Slice);
        connection.WriteSlice(log, source, to);
        connection.Position = source.Descriptor.Incarnations.OffsetAfter(to);
        Flush(connection);
        return connection.Source is not null && !connection.IsFlushing && to < log.End;
    }

    private void Flush(PumpedConnection connection)
    {
        connection.WrittenAt = deadlines.Now;
        if (!connection.TryFlush())
        {
            Leave(connection, PumpExit.Aborted);
        }
    }

    private void OnFlushed(PumpedConnection connection)
    {
        var isThere = connection.EndFlush();
        if (!isThere || connection.Leaving is not null)
        {
            Leave(connection, isThere ? connection.Leaving!.Value : PumpExit.Aborted);
            return;
        }

        if (TryWrite(connection))
        {
            Activate(connection.Source!);
        }
    }

    private void Beat(PumpedConnection connection)
    {
        var now = deadlines.Now;
        if (now >= connection.ExpiresAt)
        {
            Leave(connection, PumpExit.Expired);
            return;
        }

        if (!connection.IsFlushing && now >= deadlines.Later(connection.WrittenAt, connection.Heartbeat))
        {
            connection.WriteHeartbeat(connection.Source!);
            Flush(connection);
        }
        else if (connection.IsFlushing)
        {
            connection.WrittenAt = now;
        }

        if (connection.Source is not null)
        {
            connection.Schedule(deadlines, DueAt(connection));
        }
    }

    private long DueAt(PumpedConnection connection) =>
        Math.Min(connection.ExpiresAt, deadlines.Later(connection.WrittenAt, connection.Heartbeat));

    private void LeaveAll(PumpedFeed source, PumpExit exit)
    {
        for (var i = source.Connections.Count - 1; i >= 0; i--)
        {
            Leave(source.Connections[i], exit);
        }
    }

    /// <summary>Hands a connection back, now or when its flush has completed: its writer has one user at a time.</summary>
    private void Leave(PumpedConnection connection, PumpExit exit)
    {
        if (connection.IsFlushing)
        {
            if (connection.Leaving is null or PumpExit.ReadOn)
            {
                connection.Leaving = exit;
            }

            if (exit == PumpExit.Aborted || (_isStopping && connection.EndsOnStop))
            {
                // Nothing can follow a slice that nobody takes.
                connection.Abort();
            }

            return;
        }

        var source = connection.Source!;
        source.Remove(connection);
        _connections--;
        connection.Leave(exit);
        if (source.Connections.Count == 0)
        {
            source.Close();
            _sources.Remove(source.Feed);
        }
    }
}
