using EventCluster.Abstractions.Streams;
using EventCluster.Orleans.Grains;
using EventCluster.Orleans.Wire;
using EventCluster.Protocol;

namespace EventCluster.Orleans.Directory;

/// <summary>
/// The appends of this edge to one stream: one call in flight, everything that comes meanwhile goes with the next, in
/// order. Two calls in flight could overtake each other. A lane lives while something is pending and is one run of the
/// edge's producer identity: sequences start at 0 and are accepted without a gap.
/// </summary>
internal sealed class AppendLane(StreamName name, OwnerReach reach, IStreamGrain grain)
{
    private static readonly AppendOutcome Unknown =
        new AppendOutcome.Unavailable(UnavailableReason.OutcomeUnknown, OwnerCalls.UnknownDetail);

    private static readonly AppendOutcome NotNow =
        new AppendOutcome.Unavailable(UnavailableReason.Moved, "The stream is moving to another owner; nothing was done.");

    private readonly Lock _gate = new();
    private readonly LinkedList<PendingAppend> _pending = new();
    private readonly TaskCompletionSource _idle = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _pendingBytes;
    private bool _isRunning;
    private bool _hasEnded;
    private long _epoch = reach.Identity.NextEpoch();
    private long _nextSequence;
    private long? _hole;
    private bool _isRunBroken;

    /// <summary>The stream.</summary>
    public StreamName Name => name;

    /// <summary>Completes when the lane has nothing to do and ended.</summary>
    public Task Idle => _idle.Task;

    /// <summary>Takes an append; false when the lane ended.</summary>
    public bool TryAdd(PendingAppend append)
    {
        lock (_gate)
        {
            if (_hasEnded)
            {
                return false;
            }

            if (_pending.Count >= reach.Options.MaxPendingAppendsPerStream
                || (_pendingBytes > 0 && _pendingBytes + append.Bytes > reach.Options.MaxPendingAppendBytesPerStream))
            {
                append.SetResult(new AppendOutcome.Unavailable(
                    UnavailableReason.Overloaded, "Too many appends wait for this stream; try again after a moment."));
                return true;
            }

            _pending.AddLast(append);
            _pendingBytes += append.Bytes;
            if (_isRunning)
            {
                return true;
            }

            _isRunning = true;
        }

        // The lane serves many callers; what the first one carries with it (a trace, a request) is not theirs.
        if (ExecutionContext.IsFlowSuppressed())
        {
            _ = RunAsync();
        }
        else
        {
            using (ExecutionContext.SuppressFlow())
            {
                _ = RunAsync();
            }
        }

        return true;
    }

    private async Task RunAsync()
    {
        while (TakeBatch() is { } batch)
        {
            try
            {
                await SendAsync(batch);
            }
            catch (Exception e)
            {
                // A surprise (damage in the store, a fault of this code) belongs to those who wait for this batch.
                batch.ForEach(append => append.TrySetException(e));
                _isRunBroken = true;
            }
        }

        reach.Forget(this);
        _idle.TrySetResult();
    }

    private List<PendingAppend>? TakeBatch()
    {
        lock (_gate)
        {
            if (_pending.Count == 0)
            {
                _hasEnded = true;
                return null;
            }

            List<PendingAppend> batch = [];
            long bytes = 0;
            DropLate();
            while (_pending.First is { Value: var next } && batch.Count < reach.Options.MaxAppendCallRequests
                && (batch.Count == 0 || bytes + next.Bytes <= reach.Options.MaxAppendCallBytes))
            {
                _pending.RemoveFirst();
                _pendingBytes -= next.Bytes;
                bytes += next.Bytes;
                batch.Add(next);
            }

            return batch;
        }
    }

    /// <summary>
    /// Appends that waited for a batch without an answer, so long that they could hardly get their own in time. Nothing was done of them, which
    /// their callers are told while it is certain.
    /// </summary>
    private void DropLate()
    {
        while (_pending.First is { Value: var next } && reach.TimeLeft(next) < reach.LeastTime)
        {
            _pending.RemoveFirst();
            _pendingBytes -= next.Bytes;
            next.SetResult(NotNow);
        }
    }

    /// <summary>
    /// Sends a batch again and again until every append of it has its outcome, or the time of its oldest one is over. An append whose outcome is
    /// unknown keeps its stamp; when its run is broken it goes alone, and the new run starts behind it.
    /// </summary>
    private async Task SendAsync(List<PendingAppend> batch)
    {
        // They came in order.
        var retry = reach.Calls.StartRetry(new AnswerTime(reach.Time, batch[0].AddedAt));
        var waiting = batch;
        while (waiting.Count > 0)
        {
            var mayGo = !waiting.Exists(NeedsIncarnation) || await FindIncarnationAsync(waiting, retry);
            List<PendingAppend> sent = [];
            if (mayGo)
            {
                waiting.RemoveAll(append => append.Task.IsCompleted);
                var keepsRun = waiting.Exists(append => append.IsStamped && append.IsUnsure);
                sent = _isRunBroken && keepsRun ? waiting.FindAll(append => !append.IsStamped || append.IsUnsure) : [.. waiting];
            }

            var mustPause = !mayGo;
            if (sent.Count > 0)
            {
                mustPause = await SendOnceAsync(sent, retry);
                waiting.RemoveAll(append => append.Task.IsCompleted);
            }

            if (waiting.Count > 0 && mustPause && !await reach.Calls.PauseAsync(retry, CancellationToken.None))
            {
                GiveUp(waiting);
                return;
            }
        }
    }

    /// <summary>One attempt; true when some of its appends must be sent again after a pause.</summary>
    private async Task<bool> SendOnceAsync(List<PendingAppend> batch, OwnerCalls.Retry retry)
    {
        var requests = Stamp(batch);
        var (answer, failure) = await reach.Calls.TryAsync(
            name.Value,
            ending => CallAsync(batch, requests, ending),
            static _ => null,
            static (_, _) => [],
            new Attempt(reach.AppendAttempt(retry), retry.Attempts, EndsEarly: false),
            CancellationToken.None);
        if (failure is null && answer.Length != batch.Count)
        {
            throw new InvalidDataException($"The owner of '{name}' gave {answer.Length} outcomes for {batch.Count} appends.");
        }

        if (failure is null)
        {
            await LocateAsync(batch, answer);
        }

        return Settle(batch, failure is { } reason ? FailedAttempt(batch.Count, reason) : answer);
    }

    /// <summary>Where appends lie that an attempt without an answer left; a client that said where it appends knows already.</summary>
    private async Task LocateAsync(List<PendingAppend> batch, AppendOutcome[] outcomes)
    {
        List<PendingAppend> landed = [];
        StreamOffset tail = default;
        for (var i = 0; i < batch.Count; i++)
        {
            if (batch[i] is { IsUnsure: true, Request: { Events.Count: > 0, ExpectedOffset: null } } append && LandedBefore(outcomes[i]) is { } end)
            {
                landed.Add(append);
                tail = end;
            }
        }

        if (landed.Count > 0)
        {
            await new LandedAppends(name, reach, grain).LocateAsync(landed, tail);
        }
    }

    private static StreamOffset? LandedBefore(AppendOutcome outcome) => outcome switch
    {
        AppendOutcome.Duplicate duplicate => duplicate.Tail,
        AppendOutcome.RefusedClosed { WasAccepted: true } refused => refused.Tail,
        _ => null,
    };

    private static bool NeedsIncarnation(PendingAppend append) => append is { IsMereClose: true, IsUnsure: true, Incarnation: null };

    /// <summary>
    /// Finds the incarnation that closes with an unknown outcome mean; false when the owner does not say it now. A stream that may be a successor
    /// is not closed.
    /// </summary>
    private async Task<bool> FindIncarnationAsync(List<PendingAppend> waiting, OwnerCalls.Retry retry)
    {
        var (found, _) = await reach.Calls.TryAsync<DescribeOutcome>(
            name.Value,
            async _ => (await grain.DescribeAsync()).Value,
            static _ => null,
            static (reason, detail) => new DescribeOutcome.Unavailable(reason, detail),
            new Attempt(reach.AppendAttempt(retry), retry.Attempts, EndsEarly: false),
            CancellationToken.None);
        if (found is DescribeOutcome.Unavailable)
        {
            return false;
        }

        foreach (var close in waiting.FindAll(NeedsIncarnation))
        {
            close.Incarnation = found is DescribeOutcome.Found stream
                ? KnownIncarnations.Meant(stream.Descriptor, close.HighestIncarnation ?? 0)
                : null;
            if (close.Incarnation is null)
            {
                close.TrySetResult(found switch
                {
                    DescribeOutcome.Found { Descriptor: { Closed: true } closed } when close.Request.Producer is null =>
                        AsFirst(close, closed.Tail, isClosed: true),
                    DescribeOutcome.Found => new AppendOutcome.Unavailable(UnavailableReason.OutcomeUnknown, OwnerCalls.SuccessorDetail),
                    DescribeOutcome.Gone => new AppendOutcome.Gone(),
                    _ => new AppendOutcome.NotFound(),
                });
            }
        }

        return true;
    }

    /// <summary>
    /// An append without identity is sent once, and so is a close that names no incarnation of the stream; all others may be sent as often as it takes.
    /// </summary>
    private Task<AppendOutcome[]> CallAsync(List<PendingAppend> batch, AppendRequest[] requests, CancellationToken ending)
    {
        return reach.Copies is { } copies && !batch.Exists(append => append.GoesBare || (append.IsMereClose && append.Incarnation is null))
            ? copies.CallAsync(CallOnceAsync, () => batch.ForEach(append => append.IsUnsure = true), ending)
            : CallOnceAsync();

        async Task<AppendOutcome[]> CallOnceAsync() => (await grain.AppendAsync(new Wire<AppendRequest[]>(requests))).Value;
    }

    private static AppendOutcome[] FailedAttempt(int count, UnavailableReason reason)
    {
        var outcomes = new AppendOutcome[count];
        Array.Fill(outcomes, new AppendOutcome.Unavailable(
            reason, reason == UnavailableReason.Moved ? OwnerCalls.StoppingDetail : OwnerCalls.UnknownDetail));
        return outcomes;
    }

    private AppendRequest[] Stamp(List<PendingAppend> batch)
    {
        if (_isRunBroken && !batch.Exists(append => append.IsStamped && append.IsUnsure))
        {
            // What follows goes under a new epoch, which also fences attempts of the old run that are still on their way: no stamp
            // ever stands for two appends.
            (_epoch, _nextSequence, _hole, _isRunBroken) = (reach.Identity.NextEpoch(), 0, null, false);
            batch.ForEach(append => append.Stamp = null);
        }

        return [.. batch.Select(Stamp)];
    }

    private AppendRequest Stamp(PendingAppend append)
    {
        append.HighestIncarnation ??= reach.Incarnations.Highest;
        if (!append.IsMereClose)
        {
            append.Incarnation ??= reach.Incarnations.Of(name);
        }

        var request = append.Request;
        if (append.IsStamped)
        {
            request = request with { Producer = append.Stamp ??= new ProducerStamp(reach.Identity.Id, _epoch, _nextSequence++) };
        }

        return append.IsUnsure ? request with { Incarnation = append.Incarnation } : request;
    }

    /// <summary>
    /// Answers what has an outcome. Left over is what must be sent again: with its stamp, because it may have happened,
    /// or, when the run of sequences is broken, with a new one.
    /// </summary>
    private bool Settle(List<PendingAppend> batch, AppendOutcome[] outcomes)
    {
        var (mustPause, hasStampedAgain) = (false, false);
        for (var i = 0; i < batch.Count; i++)
        {
            var append = batch[i];
            reach.Tails.Note(name, outcomes[i]);
            if (outcomes[i] is AppendOutcome.Appended appended)
            {
                reach.Incarnations.Note(name, appended.Next.Incarnation);
            }

            switch (append.IsStamped ? SettleStamped(append, outcomes[i], hasStampedAgain) : SettleAsIs(append, outcomes[i], batch))
            {
                case Next.Done:
                    break;
                case Next.Refused:
                    // A hole in the run's sequences: the owner takes no later one.
                    _hole ??= append.Stamp!.Sequence;
                    _isRunBroken = true;
                    break;
                case Next.Lost:
                    _isRunBroken = true;
                    break;
                case Next.AgainInANewRun:
                    append.IsUnsure = false;
                    _isRunBroken = true;
                    break;
                default:
                    hasStampedAgain |= append.IsStamped;
                    mustPause = true;
                    break;
            }
        }

        return mustPause;
    }

    private Next SettleStamped(PendingAppend append, AppendOutcome outcome, bool followsOneSentAgain)
    {
        switch (outcome)
        {
            case AppendOutcome.Appended:
                append.TrySetResult(outcome);
                return Next.Done;
            case AppendOutcome.Duplicate duplicate when append.IsUnsure:
                // The edge's own earlier attempt landed; where is known only as "before the tail".
                append.TrySetResult(AsFirst(append, duplicate.Tail, duplicate.Closed));
                return Next.Done;
            case AppendOutcome.Unavailable now
                when append.IsUnsure || now.Reason is UnavailableReason.Moved or UnavailableReason.OutcomeUnknown:
                append.IsUnsure |= now.Reason == UnavailableReason.OutcomeUnknown;
                return Next.Again;
            case AppendOutcome.SequenceGap or AppendOutcome.EpochMustStartAtZero when followsOneSentAgain:
                return Next.Again;
            case AppendOutcome.SequenceGap or AppendOutcome.EpochMustStartAtZero when !append.IsUnsure || IsBehindHole(append, outcome):
                return Next.AgainInANewRun;
            case AppendOutcome.Duplicate duplicate:
                // Never sent before, so this stamp is another life's of the same address.
                reach.Identity.MoveBehind(duplicate.Epoch);
                return Next.AgainInANewRun;
            case AppendOutcome.StaleEpoch stale when !append.IsUnsure:
                reach.Identity.MoveBehind(stale.CurrentEpoch);
                return Next.AgainInANewRun;
            case AppendOutcome.ProducerLimit when !append.IsUnsure:
                append.GoesBare = true;
                return Next.AgainInANewRun;
            case AppendOutcome.SequenceGap or AppendOutcome.EpochMustStartAtZero or AppendOutcome.StaleEpoch or AppendOutcome.ProducerLimit:
                // The stream does not know the run: it may have taken the append before it was created again, or before it forgot.
                return Lose(append, outcome);
            case AppendOutcome.NotFound when append is { IsUnsure: true, Incarnation: not null }:
                return Lose(append, outcome);
            case AppendOutcome.RefusedClosed { WasAccepted: true } refused when append.IsUnsure:
                // An earlier attempt landed before somebody closed the stream. Without this sign none did, and none will.
                append.TrySetResult(AsFirst(append, refused.Tail, isClosed: true));
                return Next.Done;
            default:
                append.TrySetResult(outcome);
                return Next.Refused;
        }
    }

    /// <summary>
    /// Whether the owner waits for the sequence of a refused append, which never comes. Then it cannot have taken this later one, and will not.
    /// </summary>
    private bool IsBehindHole(PendingAppend append, AppendOutcome outcome) =>
        _hole is { } hole && hole < append.Stamp!.Sequence && hole == (outcome is AppendOutcome.SequenceGap gap ? gap.Expected : 0);

    /// <summary>Whether the append happened cannot be found out any more.</summary>
    private Next Lose(PendingAppend append, AppendOutcome outcome)
    {
        if (outcome is AppendOutcome.StaleEpoch stale)
        {
            reach.Identity.MoveBehind(stale.CurrentEpoch);
        }

        reach.Incarnations.Forget(name);
        append.TrySetResult(Unknown);
        return Next.Lost;
    }

    /// <summary>An append with its client's identity, or with none at all.</summary>
    private Next SettleAsIs(PendingAppend append, AppendOutcome outcome, List<PendingAppend> batch)
    {
        if (outcome is AppendOutcome.Unavailable now)
        {
            append.IsUnsure |= now.Reason == UnavailableReason.OutcomeUnknown;
            if (now.Reason is UnavailableReason.Moved or UnavailableReason.OutcomeUnknown
                && !(append.GoesBare && append.IsUnsure))
            {
                return Next.Again;
            }

            outcome = append.IsUnsure ? Unknown : outcome;
        }
        else if (outcome is AppendOutcome.NotFound && append is { IsUnsure: true, Incarnation: not null })
        {
            reach.Incarnations.Forget(name);
            outcome = Unknown;
        }

        append.TrySetResult(append.IsUnsure ? OfOwnRepeat(append, outcome, batch) : outcome);
        return Next.Done;
    }

    /// <summary>
    /// The client did not repeat anything: an attempt of this edge that landed is answered as the first one would have been. Known as
    /// the client's own repeat is only one of a producer that has gone on since, by what this call does not hold.
    /// </summary>
    private static AppendOutcome OfOwnRepeat(PendingAppend append, AppendOutcome outcome, List<PendingAppend> batch) => outcome switch
    {
        AppendOutcome.Duplicate duplicate when batch.Exists(sent => sent.Request.Producer is { } stamp && stamp.Id == append.Request.Producer?.Id
            && stamp.Epoch == duplicate.Epoch && stamp.Sequence >= duplicate.HighestSequence) =>
            AsFirst(append, duplicate.Tail, duplicate.Closed),
        AppendOutcome.RefusedClosed { WasAccepted: true } refused when append.Request.Producer is not null =>
            AsFirst(append, refused.Tail, isClosed: true),
        AppendOutcome.AlreadyClosed closed => AsFirst(append, closed.Tail, isClosed: true),
        _ => outcome,
    };

    /// <summary>The first answer to an append that landed. Where nobody knows its place, that is before the tail.</summary>
    private static AppendOutcome.Appended AsFirst(PendingAppend append, StreamOffset tail, bool isClosed) =>
        (append.Request.ExpectedOffset ?? append.Place) is { } first
            ? new AppendOutcome.Appended(first, new StreamOffset(tail.Incarnation, first.Sequence + append.Request.Events.Count), isClosed)
            : new AppendOutcome.Appended(tail, tail, isClosed);

    private enum Next
    {
        Done,
        Refused,
        Lost,
        Again,
        AgainInANewRun,
    }

    private void GiveUp(List<PendingAppend> batch)
    {
        // Attempts may still be on their way: their stamps are never given again.
        _isRunBroken |= batch.Exists(append => append.IsStamped);
        foreach (var append in batch)
        {
            append.TrySetResult(append.IsUnsure
                ? Unknown
                : NotNow);
        }
    }
}
