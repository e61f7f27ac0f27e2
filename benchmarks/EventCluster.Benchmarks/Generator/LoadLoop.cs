using System.Collections.Concurrent;
using System.Diagnostics;
using System.Runtime.ExceptionServices;

namespace EventCluster.Benchmarks.Generator;

/// <summary>
/// The generator: one thread that sends, receives, checks and keeps time for all connections of a round. What one thread does
/// is never waited for by another one, nothing is handed over, and a server on the same processors is disturbed by one
/// thread instead of five. Asynchronous code that runs on it continues on it, so nothing in it needs a lock.
/// </summary>
public sealed class LoadLoop : SynchronizationContext
{
    private const int EventsAtOnce = 512;
    private const long WakeId = 0;

    private readonly int _poll = Libc.NewPoll();
    private readonly int _wake = Libc.NewEvent();
    private readonly ConcurrentQueue<(SendOrPostCallback Callback, object? State)> _posted = new();
    private readonly Dictionary<long, LoadSocket> _sockets = [];
    private readonly List<IPaced> _paced = [];
    private readonly byte[] _events = new byte[EventsAtOnce * Libc.EventBytes];
    private Queue<LoadSocket> _ready = new();
    private Queue<LoadSocket> _nextReady = new();
    private long _lastId = WakeId;
    private int _isAsleep;

    private LoadLoop()
    {
    }

    /// <summary>The loop of this thread.</summary>
    public static new LoadLoop Current =>
        SynchronizationContext.Current as LoadLoop ?? throw new InvalidOperationException("Load is driven on the thread of a LoadLoop.");

    /// <summary>Bytes received from all connections.</summary>
    public long BytesReceived { get; internal set; }

    /// <summary>Runs a round on a thread of its own; on this one if it is a loop's.</summary>
    public static Task<T> RunAsync<T>(Func<Task<T>> round)
    {
        if (SynchronizationContext.Current is LoadLoop)
        {
            return round();
        }

        var result = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        new Thread(() => Run(round, result)) { IsBackground = true, Name = "generator" }.Start();
        return result.Task;
    }

    /// <inheritdoc cref="RunAsync{T}" />
    public static Task RunAsync(Func<Task> round) => RunAsync(async () =>
    {
        await round();
        return true;
    });

    /// <inheritdoc />
    public override void Post(SendOrPostCallback d, object? state)
    {
        _posted.Enqueue((d, state));
        if (Interlocked.Exchange(ref _isAsleep, 0) == 1)
        {
            Libc.Signal(_wake);
        }
    }

    /// <inheritdoc />
    public override void Send(SendOrPostCallback d, object? state) => throw new NotSupportedException("Nobody waits for the generator.");

    /// <inheritdoc />
    public override SynchronizationContext CreateCopy() => this;

    /// <summary>Has something done at its times.</summary>
    public void Pace(IPaced paced) => _paced.Add(paced);

    internal long Add(LoadSocket socket)
    {
        // Descriptors are used again at once, so that events of one that was closed could be taken for its successor's.
        var id = ++_lastId;
        _sockets.Add(id, socket);
        Libc.Watch(_poll, socket.Descriptor, id, Libc.Readable | Libc.Writable | Libc.Ended | Libc.EdgeTriggered);
        return id;
    }

    internal void Remove(long id) => _sockets.Remove(id);

    /// <summary>Lets a socket that has more to read go on in the next turn, so that all get their turn.</summary>
    internal void ReadNextTurn(LoadSocket socket) => _nextReady.Enqueue(socket);

    private static void Run<T>(Func<Task<T>> round, TaskCompletionSource<T> result)
    {
        var loop = new LoadLoop();
        SetSynchronizationContext(loop);
        try
        {
            var running = round();
            loop.RunUntil(running);
            result.SetFromTask(running);
        }
        catch (Exception e)
        {
            result.SetException(ExceptionDispatchInfo.SetCurrentStackTrace(e));
        }
        finally
        {
            loop.Close();
        }
    }

    private void RunUntil(Task running)
    {
        Libc.Watch(_poll, _wake, WakeId, Libc.Readable | Libc.EdgeTriggered);
        while (true)
        {
            while (_posted.TryDequeue(out var posted))
            {
                posted.Callback(posted.State);
            }

            (_ready, _nextReady) = (_nextReady, _ready);
            while (_ready.TryDequeue(out var socket))
            {
                socket.OnEvents(Libc.Readable);
            }

            var wait = RunPaced();
            if (running.IsCompleted)
            {
                return;
            }

            Dispatch(_nextReady.Count > 0 ? 0 : wait);
        }
    }

    private void Dispatch(long nanoseconds)
    {
        Interlocked.Exchange(ref _isAsleep, 1);
        var count = Libc.Wait(_poll, _events, _posted.IsEmpty ? nanoseconds : 0);
        Interlocked.Exchange(ref _isAsleep, 0);
        for (var i = 0; i < count; i++)
        {
            var (events, id) = Libc.Event(_events, i);
            if (id == WakeId)
            {
                Libc.Reset(_wake);
            }
            else if (_sockets.TryGetValue(id, out var socket))
            {
                socket.OnEvents(events);
            }
        }
    }

    /// <summary>Does what is due; returns the time until something is due again, negative when nothing will be.</summary>
    private long RunPaced()
    {
        var wait = -1L;
        for (var i = _paced.Count - 1; i >= 0; i--)
        {
            if (_paced[i].RunDue(Stopwatch.GetTimestamp()) is not { } next)
            {
                _paced.RemoveAt(i);
                continue;
            }

            var left = Math.Max(0, (long)Stopwatch.GetElapsedTime(Stopwatch.GetTimestamp(), next).TotalNanoseconds);
            wait = wait < 0 ? left : Math.Min(wait, left);
        }

        return wait;
    }

    private void Close()
    {
        foreach (var socket in _sockets.Values.ToArray())
        {
            socket.Dispose();
        }

        Libc.Close(_poll);
        Libc.Close(_wake);
    }
}
