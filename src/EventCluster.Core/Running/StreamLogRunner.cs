using System.Diagnostics;
using EventCluster.Abstractions;
using EventCluster.Abstractions.Streams;
using EventCluster.Core.Commands;
using EventCluster.Core.State;
using EventCluster.Protocol;

namespace EventCluster.Core.Running;

/// <summary>
/// The owner of one loaded stream. It gathers commands while a commit is in flight, decides them in order, commits what
/// they changed as one block, and then releases their outcomes in order. Readers see committed instants only.
/// </summary>
/// <remarks>
/// The caller that finds no commit in flight drives the runner until nothing is pending; everything it awaits goes on
/// where it started. The log belongs to the driver; what callers and driver share is guarded by one short lock.
/// </remarks>
internal sealed partial class StreamLogRunner
{
    private const string CutOffDetail = "This node does not reach the store; the stream moves to another owner.";

    private readonly RunnerContext _context;
    private readonly Lock _gate = new();
    private readonly TailCache _tail;
    private readonly TailWaiters _waiters;
    private readonly Action<StreamLogRunner> _ended;

    private Queue<StreamCommand> _incoming = new();
    private TaskCompletionSource? _idle;
    private StreamView? _view;
    private ReadOutcome.Batch? _sharedBatch;
    private (int Bytes, int Events) _sharedBudget;
    private long _incomingBytes;
    private long _touchedAt;
    private long _confirmedBy;
    private ClockReading _confirmedAt;
    private long _usedAt;
    private bool _isDriving;
    private bool _isEnded;
    private bool _isStopping;
    private bool _isRefusing;
    private bool _isLeaving;
    private int _pins;

    /// <summary>A runner that opens its stream when the first command comes.</summary>
    /// <param name="name">The stream.</param>
    /// <param name="context">What the runners of a directory share.</param>
    /// <param name="ended">Called when the runner ended and takes no more commands.</param>
    public StreamLogRunner(StreamName name, RunnerContext context, Action<StreamLogRunner> ended)
    {
        Name = name;
        _context = context;
        _ended = ended;
        _tail = new TailCache(context);
        _waiters = new TailWaiters(context);
        _usedAt = context.Clock.Timestamp;
    }

    /// <summary>The stream.</summary>
    public StreamName Name { get; }

    /// <summary>The newest committed instant; null before the stream is opened.</summary>
    public StreamView? View => Volatile.Read(ref _view);

    /// <summary>The runner takes no more commands; the directory makes a new one.</summary>
    public bool IsEnded => Volatile.Read(ref _isEnded);

    /// <summary>
    /// A runner that refuses everything, for a stream that is not loaded because as many are in memory as may be.
    /// </summary>
    public static StreamLogRunner Refusing(StreamName name, RunnerContext context) =>
        new(name, context, static _ => { }) { _isRefusing = true };

    /// <summary>Takes a command, and drives the runner if nobody does. False when the runner ended.</summary>
    public bool TrySubmit(StreamCommand command)
    {
        string? refusal = null;
        var reason = UnavailableReason.Overloaded;
        lock (_gate)
        {
            if (_isEnded)
            {
                return false;
            }

            if (_context.IsCutOff)
            {
                (reason, refusal) = (UnavailableReason.Moved, CutOffDetail);
            }
            else if (_isRefusing)
            {
                refusal = "Too many streams are in use; try again after a moment.";
            }
            else if (_isLeaving)
            {
                // Steps too: one that came after the last look at what is pending would never be answered.
                (reason, refusal) = (UnavailableReason.Moved, "The stream is moving to another owner.");
            }
            else if (_isStopping && command.IsBounded)
            {
                (reason, refusal) = (UnavailableReason.Moved, "The server is stopping.");
            }
            else if (command.IsBounded && IsOverloadedBy(command))
            {
                refusal = "Too many appends wait for this stream; try again after a moment.";
            }
            else
            {
                _incoming.Enqueue(command);
                _incomingBytes += command.PayloadBytes;
                if (command.IsBounded)
                {
                    NoteUse();
                }

                if (_isDriving)
                {
                    return true;
                }

                _isDriving = true;
            }
        }

        if (refusal is null)
        {
            StartDriving();
        }
        else
        {
            command.Refuse(reason, refusal);
        }

        return true;
    }

    /// <summary>The stream was not used since then (a timestamp).</summary>
    public bool IsUnusedSince(long unusedSince) => Interlocked.Read(ref _usedAt) <= unusedSince;

    /// <summary>
    /// Leaves memory if nothing is pending and nobody used the stream since the given time. A newest access that is not
    /// committed is committed first; the stream leaves when it is looked at again.
    /// </summary>
    public void TryUnload(long unusedSince)
    {
        lock (_gate)
        {
            if (_isEnded || _isDriving || _pins > 0 || _waiters.Count > 0 || !IsUnusedSince(unusedSince))
            {
                return;
            }

            if (_view is not { IsLive: true, State: { TtlSeconds: not null, TouchedExactly: false } })
            {
                EndUnderLock();
            }
        }

        if (IsEnded)
        {
            _ended(this);
        }
        else
        {
            TrySubmit(new StepCommand(static log => log.TouchExactly()));
        }
    }

    /// <summary>Another owner was seen: takes no more commands, and sends the readers away.</summary>
    public void EndStale()
    {
        ParkedRead? parked;
        lock (_gate)
        {
            // With a commit in flight the conflict that follows ends the runner in good order.
            if (_isEnded || _isDriving)
            {
                return;
            }

            EndUnderLock();
            parked = _waiters.TakeAll();
        }

        NoteAcknowledged();

        // Looking again would take the stream back from its new owner: these readers are told to go there.
        _ended(this);
        TailWaiters.Wake(parked, WakeReason.Moved);
    }

    /// <summary>Refuses new commands, wakes all readers, and completes when everything pending is answered.</summary>
    public Task StopAsync()
    {
        ParkedRead? parked;
        Task idle;
        lock (_gate)
        {
            _isStopping = true;
            parked = _waiters.TakeAll();

            // One of an earlier stop is over already, though steps may have come since.
            _idle = _idle is { Task.IsCompleted: false }
                ? _idle
                : new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            idle = _isDriving ? _idle.Task : Task.CompletedTask;
        }

        TailWaiters.Wake(parked);
        return idle;
    }

    /// <summary>
    /// Leaves memory in good order because the stream's next owner is elsewhere: refuses new commands, answers what is
    /// pending, commits the newest access, and ends. Its readers must have been sent away before.
    /// </summary>
    public async Task LeaveAsync()
    {
        if (View is { IsLive: true, State: { TtlSeconds: not null, TouchedExactly: false } })
        {
            var touch = new StepCommand(static log => log.TouchExactly());
            if (TrySubmit(touch))
            {
                await touch.Outcome;
            }
        }

        lock (_gate)
        {
            _isLeaving = true;
        }

        await StopAsync();
        lock (_gate)
        {
            Debug.Assert(!_isDriving && _incoming.Count == 0, "A runner that leaves has answered everything.");
            EndUnderLock();
        }

        _ended(this);
    }

    /// <summary>
    /// Keeps the runner of a name without a stream, which would end after its batch: what it answered then still holds
    /// under the same fence. False when the runner ended.
    /// </summary>
    public bool TryPin()
    {
        lock (_gate)
        {
            _pins += _isEnded ? 0 : 1;
            return !_isEnded;
        }
    }

    /// <summary>Ends <see cref="TryPin"/>.</summary>
    public void Unpin()
    {
        lock (_gate)
        {
            if (--_pins > 0 || _isEnded || _isDriving || _view is not { IsStored: false })
            {
                return;
            }

            EndUnderLock();
        }

        _ended(this);
    }

    private void StartDriving()
    {
        if (ExecutionContext.IsFlowSuppressed())
        {
            _ = DriveAsync();
            return;
        }

        // The driver serves many callers; what the first one carries with it (a trace, a request) is not theirs.
        using (ExecutionContext.SuppressFlow())
        {
            _ = DriveAsync();
        }
    }

    private bool IsOverloadedBy(StreamCommand command) =>
        _incoming.Count >= _context.Options.MaxPendingAppendsPerStream
        || (_incomingBytes > 0
            && _incomingBytes + command.PayloadBytes > _context.Options.MaxPendingAppendBytesPerStream);

    private void EndUnderLock()
    {
        _isEnded = true;
        _tail.Clear();
        _sharedBatch = null;
    }
}
