using EventCluster.Edge.Feeds;
using EventCluster.Edge.Framing;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace EventCluster.Edge.Pumping;

/// <summary>
/// Moves shared frames to connections on a thread of its own. In each round it encodes what is new once, walks the connections,
/// writes everything between a connection's position and the newest frame as one slice, and flushes without waiting. A
/// connection whose flush is pending is skipped until it completes; one that falls behind the log leaves and catches up by
/// itself. While the pump is busy events pile up and slices grow, so it batches by itself. A stream with few connections
/// is served at once by whoever brings its news: that costs no change of threads, and streams do not wait for one another.
/// </summary>
internal sealed partial class SubscriptionPump(
    FeedDirectory feeds, DeadlineQueue deadlines, IHostApplicationLifetime lifetime, ILogger<SubscriptionPump> logger)
    : IDisposable
{
    /// <summary>Connections that are served without a change of threads.</summary>
    private const int FewConnections = 4;

    private const int ScratchBytes = 4 * 1024;

    /// <summary>Posted when the server stops.</summary>
    private static readonly object Stop = new();

    /// <summary>Guards what is handed to the thread; taken after a feed's turn.</summary>
    private readonly object _gate = new();
    private readonly Dictionary<StreamFeed, PumpedFeed> _sources = [];
    private readonly FrameBuffer _scratch = new(ScratchBytes);
    private List<object> _incoming = [];
    private List<object> _work = [];
    private List<PumpedFeed> _active = [];
    private List<PumpedFeed> _walk = [];
    private Thread? _thread;
    private CancellationTokenRegistration _stopping;
    private volatile bool _isStopped;
    private volatile bool _isStopping;
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
        if (Monitor.IsEntered(source.Turn) || !Monitor.TryEnter(source.Turn))
        {
            return false;
        }

        try
        {
            if (_isStopped || source.IsActive || source.Connections.Count is 0 or > FewConnections)
            {
                return false;
            }

            using var scratch = new FrameBuffer(ScratchBytes);
            GuardedServe(source, scratch);
            if (source.HasMore)
            {
                source.Post();
            }

            return true;
        }
        finally
        {
            Monitor.Exit(source.Turn);
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
        _scratch.Dispose();
    }

    private void Run()
    {
        while (TryTakeWork())
        {
            Round();
        }
    }

    private void Round()
    {
        foreach (var work in _work)
        {
            Guard(work);
        }

        (_active, _walk) = (_walk, _active);
        foreach (var source in _walk)
        {
            lock (source.Turn)
            {
                source.IsActive = false;
                GuardedServe(source, _scratch);
                if (source.HasMore)
                {
                    Activate(source);
                }
            }
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
    private void Guard(object work)
    {
        try
        {
            Look(work);
        }
        catch (Exception e)
        {
            LogFault(logger, e);
            if (work is PumpedFeed source)
            {
                LeaveAll(source, PumpExit.Aborted);
            }
            else if (work is PumpedConnection connection)
            {
                InTurn(connection, PumpExit.Aborted, static (pump, connection, exit) => pump.Leave(connection, exit));
            }
        }
    }

    /// <summary>As <see cref="Guard"/>, in the feed's turn.</summary>
    private void GuardedServe(PumpedFeed source, FrameBuffer scratch)
    {
        try
        {
            Serve(source, scratch);
        }
        catch (Exception e)
        {
            LogFault(logger, e);
            source.HasMore = false;
            LeaveAll(source, PumpExit.Aborted);
        }
    }

    private void Look(object work)
    {
        if (work == Stop)
        {
            EndAll();
        }
        else if (work is PumpedFeed source)
        {
            Look(source);
        }
        else
        {
            Look((PumpedConnection)work);
        }
    }

    private void Look(PumpedFeed source)
    {
        source.Take();
        lock (source.Turn)
        {
            if (source.Connections.Count > 0)
            {
                Activate(source);
            }
            else if (_sources.TryGetValue(source.Feed, out var known) && known == source)
            {
                _sources.Remove(source.Feed);
                source.Close();
            }
        }
    }

    private void Look(PumpedConnection connection)
    {
        var signals = connection.TakeSignals();
        if (signals.HasFlag(PumpSignals.Attach))
        {
            Attach(connection);
        }

        InTurn(connection, signals, static (pump, connection, signals) => pump.Follow(connection, signals));
    }

    /// <summary>Does something with a connection in its feed's turn, unless it left.</summary>
    private void InTurn<T>(PumpedConnection connection, T what, Action<SubscriptionPump, PumpedConnection, T> action)
    {
        if (connection.Source is { } source)
        {
            lock (source.Turn)
            {
                if (connection.Source == source)
                {
                    action(this, connection, what);
                }
            }
        }
    }

    private void Follow(PumpedConnection connection, PumpSignals signals)
    {
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
        foreach (var source in _sources.Values)
        {
            lock (source.Turn)
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

        lock (source.Turn)
        {
            if (!source.TryAdd(connection))
            {
                connection.Leave(PumpExit.ReadOn);
                return;
            }

            Interlocked.Increment(ref _connections);
            connection.WrittenAt = deadlines.Now;
            connection.Schedule(deadlines, DueAt(connection));

            // What came between the connection's last read and now is not news any more.
            Activate(source);
        }
    }

    private void Activate(PumpedFeed source)
    {
        if (!source.IsActive)
        {
            source.IsActive = true;
            _active.Add(source);
        }
    }
}
