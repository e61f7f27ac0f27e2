using EventCluster.Abstractions.Store;
using EventCluster.Abstractions.Streams;
using EventCluster.Core.Commands;
using EventCluster.Core.Reading;
using EventCluster.Core.State;

namespace EventCluster.Core.Running;

/// <content>What readers ask of the runner; each is one short step under the lock.</content>
internal sealed partial class StreamLogRunner
{
    /// <summary>Reads from the store for this stream.</summary>
    public BlockReader Blocks => _context.Blocks;

    /// <summary>The stream's time is over by what this owner knows; a visit commits that.</summary>
    public bool IsExpired(StreamView view) =>
        DeadlineOf(view) <= _context.Clock.Now && !_context.Clock.IsSuspended;

    /// <summary>Keeps the stream in memory for a while.</summary>
    public void NoteUse() => Interlocked.Exchange(ref _usedAt, _context.Clock.Timestamp);

    /// <summary>Notes an access; true when it should be committed now.</summary>
    public bool Touch(StreamView view)
    {
        if (view.State.TtlSeconds is null)
        {
            return false;
        }

        var now = _context.Clock.AccessTime;
        NoteTouched(now);
        return view.State.WantsTouchCommitted(now);
    }

    /// <summary>Events from the newest ones in memory, from one committed instant; null when they are not there.</summary>
    public ReadOutcome.Batch? TryReadTail(in ReadRequest request)
    {
        lock (_gate)
        {
            if (_isEnded || _view is not { IsLive: true } view || request.From.Sequence < (_tail.FirstSequence ?? long.MaxValue)
                || request.From.Sequence >= view.Head.Tail || !view.Incarnations.Holds(request.From)
                || request.From.Sequence < view.Head.Earliest)
            {
                return null;
            }

            // Readers that follow the tail ask for the same events with the same budget: one batch serves them all.
            if (_sharedBatch is { } shared && shared.From == request.From
                && _sharedBudget == (request.MaxBytes, request.MaxEvents))
            {
                return shared;
            }

            var builder = new SliceBuilder(request.MaxBytes, request.MaxEvents);
            _tail.Collect(request.From.Sequence, builder);
            _sharedBudget = (request.MaxBytes, request.MaxEvents);
            _sharedBatch = new ReadOutcome.Batch(
                request.From,
                view.Incarnations.OffsetAfter(builder.NextAfter(request.From.Sequence)),
                builder.Slices,
                view.Descriptor);
            return _sharedBatch;
        }
    }

    /// <summary>Parks a read that has seen everything of an instant.</summary>
    /// <param name="seen">The instant.</param>
    /// <param name="read">The parked read when the answer is <see cref="ParkResult.Parked"/>.</param>
    public ParkResult TryPark(StreamView seen, out ParkedRead? read)
    {
        lock (_gate)
        {
            read = null;
            if (_isEnded || !ReferenceEquals(seen, _view))
            {
                return ParkResult.Changed;
            }

            if (_isStopping || _context.IsStopping)
            {
                return ParkResult.Stopping;
            }

            read = _waiters.TryPark();
            return read is null ? ParkResult.Full : ParkResult.Parked;
        }
    }

    /// <summary>The fence of the instant that parked reads have seen; null when none waits.</summary>
    public long? FenceOfWaiters
    {
        get
        {
            lock (_gate)
            {
                return _waiters.Count > 0 ? _view?.Fence : null;
            }
        }
    }

    /// <summary>Takes a read back whose wait is over.</summary>
    public void Unpark(ParkedRead read, WakeReason reason)
    {
        read.Disarm();
        if (reason == WakeReason.Changed)
        {
            _waiters.Reuse(read);
            return;
        }

        lock (_gate)
        {
            _waiters.Remove(read);
        }

        read.Retire();
    }

    /// <summary>
    /// Asks the store whether an instant is still the newest one, so that an answer that ends something is final
    /// (rule 3). An owner that is not the newest one any more ends.
    /// </summary>
    public async ValueTask<ConfirmResult> ConfirmAsync(StreamView view, CancellationToken cancellationToken)
    {
        var head = await _context.Store.GetHeadAsync(Name, cancellationToken);
        if (head is null ? !view.IsStored : view.IsStored && head.Fence == view.Fence)
        {
            return ConfirmResult.Confirmed;
        }

        // A commit of this owner may be in the store already and not yet released to readers: behind a visit it is.
        var visit = new StepCommand(step: null);
        if (TrySubmit(visit))
        {
            await visit.Outcome;
        }

        if (IsEnded || !ReferenceEquals(view, View))
        {
            return ConfirmResult.Changed;
        }

        EndStale();
        return ConfirmResult.Moved;
    }

    private long DeadlineOf(StreamView view) => view.IsLive
        ? view.State.DeadlineAfter(Interlocked.Read(ref _touchedAt))
        : StreamHead.NeverDue;

    private void NoteTouched(long at)
    {
        var known = Interlocked.Read(ref _touchedAt);
        while (at > known)
        {
            var seen = Interlocked.CompareExchange(ref _touchedAt, at, known);
            if (seen == known)
            {
                return;
            }

            known = seen;
        }
    }
}
