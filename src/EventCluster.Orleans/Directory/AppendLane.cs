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

    private readonly Lock _gate = new();
    private readonly LinkedList<PendingAppend> _pending = new();
    private readonly TaskCompletionSource _idle = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _pendingBytes;
    private bool _isRunning;
    private bool _hasEnded;
    private long _epoch = reach.Identity.NextEpoch();
    private long _sequence;

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

    /// <summary>Sends a batch again and again until every append of it has its outcome.</summary>
    private async Task SendAsync(List<PendingAppend> batch)
    {
        var retry = OwnerCalls.StartRetry();
        var requests = Stamp(batch);
        while (true)
        {
            var (answer, failure) = await reach.Calls.TryAsync(
                name.Value,
                ending => CallAsync(batch, requests, ending),
                static _ => null,
                static (_, _) => [],
                new Attempt(reach.Options.AppendAttemptTimeout, retry.Attempts, EndsEarly: false),
                CancellationToken.None);
            if (failure is null && answer.Length != batch.Count)
            {
                throw new InvalidDataException(
                    $"The owner of '{name}' gave {answer.Length} outcomes for {batch.Count} appends.");
            }

            var (again, isRunBroken) = Settle(batch, failure is { } reason ? FailedAttempt(batch.Count, reason) : answer);
            if (again.Count == 0)
            {
                return;
            }

            if (!isRunBroken && !await reach.Calls.PauseAsync(retry, CancellationToken.None))
            {
                GiveUp(again);
                return;
            }

            requests = isRunBroken ? Stamp(again) : [.. again.Select(append => requests[batch.IndexOf(append)])];
            batch = again;
        }
    }

    /// <summary>An append without identity is sent once; all others may be sent as often as it takes.</summary>
    private Task<AppendOutcome[]> CallAsync(List<PendingAppend> batch, AppendRequest[] requests, CancellationToken ending)
    {
        return reach.Copies is { } copies && !batch.Exists(append => append.GoesBare)
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
        var next = _sequence;
        var requests = new AppendRequest[batch.Count];
        for (var i = 0; i < requests.Length; i++)
        {
            requests[i] = batch[i].IsAnonymous && !batch[i].GoesBare
                ? batch[i].Request with { Producer = new ProducerStamp(reach.Identity.Id, _epoch, next++) }
                : batch[i].Request;
        }

        return requests;
    }

    /// <summary>
    /// Answers what has an outcome. Left over is what must be sent again: with its stamp, because it may have happened,
    /// or, when the run of sequences is broken, with a new one.
    /// </summary>
    private (List<PendingAppend> Again, bool IsRunBroken) Settle(List<PendingAppend> batch, AppendOutcome[] outcomes)
    {
        List<PendingAppend> again = [];
        var (isRunBroken, hasStampedAgain) = (false, false);
        for (var i = 0; i < batch.Count; i++)
        {
            var append = batch[i];
            var isStamped = append.IsAnonymous && !append.GoesBare;
            reach.Tails.Note(name, outcomes[i]);
            switch (isStamped ? SettleStamped(append, outcomes[i], hasStampedAgain) : SettleAsIs(append, outcomes[i]))
            {
                case Next.Done:
                    _sequence += isStamped ? 1 : 0;
                    break;
                case Next.Refused:
                    isRunBroken |= isStamped;
                    break;
                case Next.AgainInANewRun:
                    isRunBroken = true;
                    again.Add(append);
                    break;
                default:
                    hasStampedAgain |= isStamped;
                    again.Add(append);
                    break;
            }
        }

        if (isRunBroken)
        {
            // A refusal leaves a hole in the run's sequences. What follows goes under a new epoch, which also fences
            // attempts of the old run that are still on their way: no stamp ever stands for two appends.
            (_epoch, _sequence) = (reach.Identity.NextEpoch(), 0);
        }

        return (again, isRunBroken);
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
                append.TrySetResult(new AppendOutcome.Appended(duplicate.Tail, duplicate.Tail, duplicate.Closed));
                return Next.Done;
            case AppendOutcome.Unavailable now
                when append.IsUnsure || now.Reason is UnavailableReason.Moved or UnavailableReason.OutcomeUnknown:
                append.IsUnsure |= now.Reason == UnavailableReason.OutcomeUnknown;
                return Next.Again;
            case AppendOutcome.SequenceGap or AppendOutcome.EpochMustStartAtZero when followsOneSentAgain:
                return Next.Again;
            case AppendOutcome.SequenceGap or AppendOutcome.EpochMustStartAtZero:
                return Next.AgainInANewRun;
            case AppendOutcome.Duplicate duplicate:
                // Never sent before, so this stamp is another life's of the same address.
                reach.Identity.MoveBehind(duplicate.Epoch);
                return Next.AgainInANewRun;
            case AppendOutcome.StaleEpoch stale:
                reach.Identity.MoveBehind(stale.CurrentEpoch);
                return Next.AgainInANewRun;
            case AppendOutcome.ProducerLimit when !append.IsUnsure:
                append.GoesBare = true;
                return Next.AgainInANewRun;
            case AppendOutcome.RefusedClosed { WasAccepted: true } refused when append.IsUnsure:
                // An earlier attempt landed before somebody closed the stream. Without this sign none did, and none will.
                append.TrySetResult(new AppendOutcome.Appended(refused.Tail, refused.Tail, Closed: true));
                return Next.Done;
            default:
                append.TrySetResult(outcome);
                return Next.Refused;
        }
    }

    /// <summary>An append with its client's identity, or with none at all.</summary>
    private static Next SettleAsIs(PendingAppend append, AppendOutcome outcome)
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

        // The client did not repeat anything: to it, an attempt of this edge that landed is a success.
        append.TrySetResult(
            outcome is AppendOutcome.RefusedClosed { WasAccepted: true } refused && append is { IsUnsure: true, Request.Producer: { } stamp }
                ? new AppendOutcome.Duplicate(refused.Tail, stamp.Epoch, stamp.Sequence, Closed: true)
                : outcome);
        return Next.Done;
    }

    private enum Next
    {
        Done,
        Refused,
        Again,
        AgainInANewRun,
    }

    private static void GiveUp(List<PendingAppend> batch)
    {
        foreach (var append in batch)
        {
            append.TrySetResult(append.IsUnsure
                ? Unknown
                : new AppendOutcome.Unavailable(UnavailableReason.Moved, "The stream is moving to another owner; nothing was done."));
        }
    }
}
