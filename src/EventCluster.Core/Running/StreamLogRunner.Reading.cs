using EventCluster.Abstractions;
using EventCluster.Abstractions.Store;
using EventCluster.Abstractions.Streams;
using EventCluster.Core.Blocks;
using EventCluster.Core.Commands;
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

    /// <summary>Events from the newest ones in memory; null when they are not there.</summary>
    /// <param name="request">The read.</param>
    /// <param name="seen">The committed instant that the events are from.</param>
    public ReadOutcome.Batch? TryReadTail(in ReadRequest request, ref StreamView seen)
    {
        lock (_gate)
        {
            if (_isEnded || _view is not { IsLive: true } view || request.From.Sequence < (_tail.FirstSequence ?? long.MaxValue)
                || request.From.Sequence >= view.Head.Tail || !view.Incarnations.Holds(request.From)
                || request.From.Sequence < view.Head.Earliest)
            {
                return null;
            }

            seen = view;

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

    /// <summary>The instant that parked reads have seen; null when none waits.</summary>
    public StreamView? ViewOfWaiters
    {
        get
        {
            lock (_gate)
            {
                return _waiters.Count > 0 ? _view : null;
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
    /// Asks the store whether an instant may be answered from as the newest one (rules 3 and 27): it was the newest at some time
    /// after the request came. An owner that is not the newest one any more ends.
    /// </summary>
    /// <param name="view">An instant that was looked at after <paramref name="since"/>.</param>
    /// <param name="since"><see cref="RunnerContext.Questions"/> when the request came, or when its wait ended.</param>
    /// <param name="cancellationToken">Ends the wait for the store.</param>
    /// <exception cref="StoreUnreachableException">The store does not answer now.</exception>
    public async ValueTask<ConfirmResult> ConfirmAsync(StreamView view, long since, CancellationToken cancellationToken)
    {
        if (IsConfirmedSince(since))
        {
            // A commit, an open or a question of this owner that was sent after the request came.
            return ReferenceEquals(view, View) ? ConfirmResult.Confirmed : ConfirmResult.Changed;
        }

        var (stamp, question, askedAt) = await _context.Confirmer.AskAsync(Name, cancellationToken);
        if (stamp == view.Stamp || (!stamp.Exists && !view.IsStored))
        {
            NoteConfirmed(question, askedAt);
            return ConfirmResult.Confirmed;
        }

        // A commit of this owner may be in the store already and not yet released to readers: behind a visit it is.
        var visit = new StepCommand(step: null);
        if (TrySubmit(visit))
        {
            await visit.Outcome;
        }

        if (IsEnded)
        {
            return ConfirmResult.Changed;
        }

        if (View is { } current && !ReferenceEquals(view, current))
        {
            if (stamp.Exists && stamp.Fence == current.Fence && stamp.Version > view.Stamp.Version && stamp.Version <= current.Stamp.Version)
            {
                NoteConfirmed(question, askedAt);
            }

            return ConfirmResult.Changed;
        }

        EndStale();
        return ConfirmResult.Moved;
    }

    /// <summary>Something that was sent to the store after the given number proved that this is the newest owner.</summary>
    public bool IsConfirmedSince(long since)
    {
        lock (_gate)
        {
            return !_isEnded && _confirmedBy > since;
        }
    }

    /// <summary>This was the newest owner at most so long ago, whatever stood still meanwhile.</summary>
    public bool IsConfirmedWithin(TimeSpan age)
    {
        ClockReading confirmedAt;
        lock (_gate)
        {
            if (_isEnded || _confirmedBy == 0)
            {
                return false;
            }

            confirmedAt = _confirmedAt;
        }

        return _context.Clock.AgeOf(confirmedAt) <= age;
    }

    /// <summary>The store proved, by what was sent to it then, that this is the newest owner.</summary>
    public void NoteConfirmed(long question, ClockReading askedAt)
    {
        _context.NoteAnswered(askedAt);
        lock (_gate)
        {
            if (question > _confirmedBy)
            {
                (_confirmedBy, _confirmedAt) = (question, askedAt);
            }
        }
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
