using System.Diagnostics.CodeAnalysis;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using System.Threading.Tasks.Sources;
using EventCluster.Abstractions;
using EventCluster.Delivery.Feeds;
using EventCluster.Delivery.Framing;
using EventCluster.Delivery.Timing;
using EventCluster.Protocol;

namespace EventCluster.Delivery.Pump;

/// <summary>
/// A connection as a pump sees it: where it is in its stream, and whether its last flush is still pending. While it runs
/// on the pump, only the pump writes to it; before and after, its transport does.
/// </summary>
internal abstract class PumpedConnection(LiveOutput output, SseFraming framing)
    : IValueTaskSource<PumpExit>, IDeadline
{
    private SubscriptionPump? _pump;
    private PumpedFeed? _source;
    private ManualResetValueTaskSourceCore<PumpExit> _exit = new() { RunContinuationsAsynchronously = true };
    private ValueTaskAwaiter<FlushResult> _pending;
    private CancellationTokenRegistration _cancellation;
    private Action? _onFlushed;
    private int _signals;
    private long _queuedAt = long.MaxValue;

    /// <summary>Where it is written to.</summary>
    public PipeWriter Output => output.Output;

    /// <summary>How its events stand on the wire.</summary>
    public SseFraming Framing => framing;

    /// <summary>Where it is.</summary>
    public StreamOffset Position { get; set; }

    /// <summary>Silence after which it gets a heartbeat.</summary>
    public required TimeSpan Heartbeat { get; init; }

    /// <summary>The pump ends it when the server stops; otherwise its transport does, in its own time.</summary>
    public bool EndsOnStop { get; init; }

    /// <summary>When it leaves the pump, in timestamps.</summary>
    public long ExpiresAt { get; init; } = long.MaxValue;

    /// <summary>The last time that something was written, in timestamps.</summary>
    public long WrittenAt { get; set; }

    /// <summary>The feed that it follows.</summary>
    internal StreamFeed? Feed { get; private set; }

    /// <summary>Its place on the pump; null before it is attached and after it left. Changed in its feed's turn.</summary>
    internal PumpedFeed? Source
    {
        get => Volatile.Read(ref _source);
        set => Volatile.Write(ref _source, value);
    }

    /// <summary>Its index among the connections of its feed. Only in the feed's turn.</summary>
    internal int Index { get; set; }

    /// <summary>The log that it reads. Only in the feed's turn.</summary>
    internal FrameLog? Log { get; set; }

    /// <summary>A flush has not completed: nothing more is written.</summary>
    internal bool IsFlushing { get; private set; }

    /// <summary>It leaves as soon as its flush has completed.</summary>
    internal PumpExit? Leaving { get; set; }

    /// <summary>Most bytes of its next slice.</summary>
    internal int Slice => output.Slice;

    /// <summary>Most bytes of any slice; an event with a larger frame is written by the transport.</summary>
    internal int MaxSlice => output.MaxSlice;

    /// <summary>Writes the frames between two positions, which fit a slice.</summary>
    public abstract void WriteSlice(FrameLog log, PumpedFeed source, HeldPosition from, HeldPosition to);

    /// <summary>Writes a heartbeat.</summary>
    public abstract void WriteHeartbeat(PumpedFeed source);

    /// <summary>Lets a pump serve the connection from <see cref="Position"/> on, until it leaves.</summary>
    public ValueTask<PumpExit> RunAsync(SubscriptionPump pump, StreamFeed feed, CancellationToken cancellationToken)
    {
        (_pump, Feed) = (pump, feed);
        _exit.Reset();
        var version = _exit.Version;
        Signal(PumpSignals.Attach);

        // After it is attached, or a cancellation that is here already would find nothing to cancel.
        _cancellation = cancellationToken.UnsafeRegister(
            static connection => ((PumpedConnection)connection!).Signal(PumpSignals.Cancel), this);
        return new ValueTask<PumpExit>(this, version);
    }

    /// <inheritdoc />
    public void OnDue(long now)
    {
        Interlocked.Exchange(ref _queuedAt, long.MaxValue);
        Signal(PumpSignals.Due);
    }

    /// <summary>Cuts the connection, so that a pending flush ends.</summary>
    internal void Abort() => output.Abort();

    /// <summary>Starts a flush, which may stay pending; false when the client is gone.</summary>
    [SuppressMessage("Reliability", "CA2012", Justification = "The awaiter is consumed once: at once, or by EndFlush.")]
    internal bool TryFlush()
    {
        var flush = Output.FlushAsync().GetAwaiter();
        output.NoteFlush(flush.IsCompleted);
        if (flush.IsCompleted)
        {
            return IsThere(flush);
        }

        _pending = flush;
        IsFlushing = true;
        flush.UnsafeOnCompleted(_onFlushed ??= () => Signal(PumpSignals.Flushed));
        return true;
    }

    /// <summary>Observes a flush that was pending and completed; false when the client is gone.</summary>
    internal bool EndFlush()
    {
        IsFlushing = false;
        var pending = _pending;
        _pending = default;
        return IsThere(pending);
    }

    /// <summary>Takes the signals that came since the last look.</summary>
    internal PumpSignals TakeSignals() => (PumpSignals)Interlocked.Exchange(ref _signals, 0);

    /// <summary>Queues a deadline unless an earlier one is queued.</summary>
    internal void Schedule(DeadlineQueue deadlines, long dueAt)
    {
        if (Volatile.Read(ref _queuedAt) > dueAt)
        {
            Volatile.Write(ref _queuedAt, dueAt);
            deadlines.Add(this, dueAt);
        }
    }

    /// <summary>Hands the connection back to its transport.</summary>
    internal void Leave(PumpExit exit)
    {
        (Source, Log, Leaving) = (null, null, null);
        _exit.SetResult(exit);
    }

    PumpExit IValueTaskSource<PumpExit>.GetResult(short token)
    {
        _cancellation.Dispose();
        return _exit.GetResult(token);
    }

    ValueTaskSourceStatus IValueTaskSource<PumpExit>.GetStatus(short token) => _exit.GetStatus(token);

    void IValueTaskSource<PumpExit>.OnCompleted(
        Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _exit.OnCompleted(continuation, state, token, flags);

    private static bool IsThere(ValueTaskAwaiter<FlushResult> flush)
    {
        try
        {
            var result = flush.GetResult();
            return !result.IsCompleted && !result.IsCanceled;
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or InvalidOperationException)
        {
            return false;
        }
    }

    private void Signal(PumpSignals signal)
    {
        if (Interlocked.Or(ref _signals, (int)signal) == 0)
        {
            _pump!.Post(this);
        }
    }
}
