using EventCluster.Abstractions;
using EventCluster.Delivery.Feeds;
using EventCluster.Delivery.Framing;
using EventCluster.Delivery.Timing;
using Microsoft.Extensions.Logging;

namespace EventCluster.Delivery.Pump;

/// <summary>
/// Moves shared frames to connections on a thread of its own. In each round it encodes what is new once, walks the connections,
/// writes everything between a connection's position and the newest frame as one slice, and flushes without waiting. A
/// connection whose flush is pending is skipped until it completes; one that falls behind the log leaves and catches up by
/// itself. While the pump is busy events pile up and slices grow, so it batches by itself. A stream with few connections
/// is served at once by whoever brings its news: that costs no change of threads, and streams do not wait for one another.
/// </summary>
internal sealed partial class SubscriptionPump(
    FeedDirectory feeds, DeadlineQueue deadlines, ILogger<SubscriptionPump> logger, CancellationToken stopping)
    : IBackgroundPart, IDisposable
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
    private int _looked;
    private int _served;
    private Thread? _thread;
    private CancellationTokenRegistration _stopping;
    private volatile bool _isStopped;
    private volatile bool _isStopping;
    private int _connections;

    /// <summary>Connections that it serves now.</summary>
    public int Connections => Volatile.Read(ref _connections);

    /// <inheritdoc />
    public string? Fault => _isStopped || _thread is { IsAlive: true }
        ? null
        : $"The thread that delivers live events {(_thread is null ? "has not started" : "has ended")}.";

    /// <summary>
    /// Starts the thread. At the start of the server and not with the first connection: what is needed is asked for while a
    /// refusal still ends the start, and not in silence later.
    /// </summary>
    /// <param name="start">Starts a thread.</param>
    /// <exception cref="IOException">The system gives no thread.</exception>
    public void Start(Action<Thread> start)
    {
        var thread = new Thread(Run) { IsBackground = true, Name = "eventcluster-pump" };
        try
        {
            start(thread);
        }
        catch (Exception e) when (e is ThreadStartException or OutOfMemoryException)
        {
            throw new IOException(
                "The system gives no thread for the delivery of live events; a limit of threads (ulimit -u, pids.max) or memory is reached.", e);
        }

        _thread = thread;

        // One registration for all connections: each needs one for its client only.
        _stopping = stopping.UnsafeRegister(static pump => ((SubscriptionPump)pump!).Post(Stop), this);
    }

    /// <summary>Hands a connection or a feed to the pump's thread; each posts itself once until it is taken.</summary>
    public void Post(object work)
    {
        lock (_gate)
        {
            _incoming.Add(work);
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

        // Only a thread that runs or ran can be joined.
        _thread?.Join();
        _scratch.Dispose();
    }

    private void Run()
    {
        while (!_isStopped)
        {
            try
            {
                while (TryTakeWork())
                {
                    Round();
                }
            }
            catch (Exception e)
            {
                // What was taken is kept, and the next round goes on behind what failed.
                TryLog(e);
            }
        }
    }

    private void Round()
    {
        while (_looked < _work.Count)
        {
            Guard(_work[_looked++]);
        }

        if (_served >= _walk.Count)
        {
            _walk.Clear();
            _served = 0;
            (_active, _walk) = (_walk, _active);
        }

        while (_served < _walk.Count)
        {
            var source = _walk[_served++];
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
        _served = 0;
    }

    private bool TryTakeWork()
    {
        if (_looked < _work.Count || _served < _walk.Count)
        {
            return !_isStopped;
        }

        _work.Clear();
        _looked = 0;
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
            TryLog(e);
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
            TryLog(e);
            source.HasMore = false;
            LeaveAll(source, PumpExit.Aborted);
        }
    }

    /// <summary>A log that fails must not keep the pump from what follows.</summary>
    private void TryLog(Exception exception)
    {
        try
        {
            LogFault(logger, exception);
        }
        catch (Exception)
        {
            // There is nobody left to tell.
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
            if (source.TryBeginAnew())
            {
                LeaveAll(source, PumpExit.ReadOn);
            }

            if (!source.TryAdd(connection))
            {
                connection.Leave(PumpExit.ReadOn);
                return;
            }

            connection.WrittenAt = deadlines.Now;
            connection.Schedule(deadlines, DueAt(connection));
            Interlocked.Increment(ref _connections);

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
