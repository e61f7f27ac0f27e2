using System.Collections.Concurrent;
using EventCluster.Abstractions.Store;
using EventCluster.Abstractions.Streams;
using EventCluster.Core.Commands;
using EventCluster.Core.Decisions;
using EventCluster.Core.Owners;
using EventCluster.Core.Running;
using EventCluster.Core.State;
using EventCluster.Protocol;

namespace EventCluster.Core.Forks;

/// <summary>
/// The steps of forks that touch two streams (CORRECTNESS rule 8). Each step is one idempotent commit of one owner; a
/// step that did not happen is found again in the state and settled by a visit.
/// </summary>
internal sealed partial class ForkFlow(StreamRegistry streams, RunnerContext context, IStreamOwners owners)
{
    /// <summary>
    /// A create begins again at most this often: the name still owes a release, or the fork's name changed hands between
    /// two steps.
    /// </summary>
    private const int MaxAttempts = 8;

    /// <summary>Forks whose creation runs here: their holds are unconfirmed but not abandoned.</summary>
    private readonly ConcurrentDictionary<(StreamName Fork, long Incarnation), bool> _creating = new();

    /// <summary>Creates a stream, as a fork or from nothing.</summary>
    public async ValueTask<CreateOutcome> CreateAsync(
        StreamName name, CreateRequest request, long payloadBytes, CancellationToken cancellationToken)
    {
        for (var attempts = 1; ; attempts++)
        {
            var result = request.Fork is { } spec
                ? await CreateForkAsync(name, request, spec, payloadBytes, cancellationToken)
                : await streams.Submit(name, new CreateCommand(request, basis: null, payloadBytes));
            if (result.Outcome is { } outcome)
            {
                return outcome;
            }

            await SettleAsync(name);
            if (attempts == MaxAttempts)
            {
                return new CreateOutcome.Unavailable(
                    UnavailableReason.Moved, result.Next == CreateDecisionKind.NotSettled
                        ? "A deleted fork of that name is still being released; try again."
                        : "The fork's name changed hands meanwhile; nothing was created; try again.");
            }
        }
    }

    /// <summary>Finishes what a stream owes: the release of its hold, and the fate of unconfirmed holds on it.</summary>
    public async ValueTask SettleAsync(StreamName name)
    {
        var (_, step) = await streams.LookAsync(name);
        if (step.View is { IsStored: true } view && view.State.OwesRelease)
        {
            await ReleaseAsync(view);
        }
    }

    /// <summary>Whether a fork of that history exists and holds its source; null while that cannot be said.</summary>
    /// <remarks>
    /// The store answers and not an owner's memory: that of a replaced owner is old. Where nothing is stored, opening the
    /// name raises its fence, so that a create which was begun before cannot land after this answer.
    /// </remarks>
    public async ValueTask<bool?> IsHoldingAsync(StreamName name, long incarnation)
    {
        if (_creating.ContainsKey((name, incarnation)))
        {
            return null;
        }

        try
        {
            var head = await context.Store.GetHeadAsync(name, CancellationToken.None)
                ?? (await context.Store.OpenAsync(name, CancellationToken.None)).Head;
            return head is not null && StreamStateCodec.Decode(head.State).Origin is { HoldsSource: true } origin
                && origin.Incarnation == incarnation;
        }
        catch (StoreUnreachableException)
        {
            return null;
        }
    }

    /// <summary>Visits a stream whose due time has come: expiry, age retention, unfinished forks.</summary>
    public async ValueTask VisitDueAsync(StreamName name)
    {
        try
        {
            var visited = await streams.Submit(name, new StepCommand(static log => log.MoveDue()));
            if (visited.View is not { IsStored: true } view)
            {
                return;
            }

            foreach (var hold in view.State.Holds)
            {
                await SettleHoldAsync(name, hold);
            }

            await SettleAsync(name);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            LogVisitFailed(context.Logger, name.Value, e);
        }
    }

    /// <summary>
    /// All steps under one fence of the fork's name: the create is refused when another owner opened the name since, as
    /// that one may have found no fork and had the hold dropped.
    /// </summary>
    private async ValueTask<CreateResult> CreateForkAsync(
        StreamName name, CreateRequest request, ForkSpec spec, long payloadBytes, CancellationToken cancellationToken)
    {
        var runner = streams.Pin(name);
        try
        {
            var result = await SubmitAsync(runner, new CreateCommand(request, basis: null, payloadBytes));
            return result is { Outcome: null, Next: CreateDecisionKind.NeedsSource }
                ? await HoldAndCommitAsync(runner, new ForkAttempt(request, spec, payloadBytes, result.Fence), cancellationToken)
                : result;
        }
        finally
        {
            runner.Unpin();
        }
    }

    private async ValueTask<CreateResult> HoldAndCommitAsync(
        StreamLogRunner runner, ForkAttempt attempt, CancellationToken cancellationToken)
    {
        var (name, source) = (runner.Name, attempt.Spec.Source);
        var incarnation = await context.Incarnations.DrawAsync(cancellationToken);
        _creating[(name, incarnation)] = true;
        try
        {
            var held = await owners.HoldAsync(
                source, new ForkHoldRequest(attempt.Spec, name, attempt.Request.ContentType, incarnation));
            if (held.Basis is not { } basis)
            {
                return CreateResult.Of(held.Refusal!);
            }

            var result = await CommitForkAsync(runner, attempt, basis);
            return await FinishHoldAsync(source, name, incarnation, result);
        }
        finally
        {
            _creating.TryRemove((name, incarnation), out _);
        }
    }

    private async ValueTask<CreateResult> CommitForkAsync(StreamLogRunner runner, ForkAttempt attempt, ForkBasis basis)
    {
        var payloadBytes = attempt.PayloadBytes;
        if (attempt.Spec.SubOffset > 0 && basis.ContentType.Kind != PayloadKind.Json)
        {
            var (partial, refusal) = await ReadPrefixAsync(attempt.Spec, basis);
            if (refusal is not null)
            {
                return CreateResult.Of(refusal);
            }

            basis = basis with { PartialEvent = partial };
            payloadBytes += partial.Length;
        }

        return await SubmitAsync(runner, new CreateCommand(attempt.Request, basis, payloadBytes, attempt.Fence));
    }

    /// <summary>Submits to this runner and no other; one that ended has lost its fence.</summary>
    private async ValueTask<CreateResult> SubmitAsync(StreamLogRunner runner, CreateCommand command)
    {
        if (context.IsStopping)
        {
            return CreateResult.Of(new CreateOutcome.Unavailable(UnavailableReason.Moved, "The server is stopping."));
        }

        return runner.TrySubmit(command) ? await command.Outcome : CreateResult.LostBasis;
    }

    private async ValueTask<(ReadOnlyMemory<byte> Prefix, CreateOutcome? Refusal)> ReadPrefixAsync(ForkSpec spec, ForkBasis basis)
    {
        var from = basis.Incarnations.OffsetAfter(basis.Point);
        var read = await owners.ReadAsync(
            spec.Source, new ReadRequest(from, MaxBytes: 1, MaxEvents: 1, TimeSpan.Zero, Touch: false));
        if (read is not ReadOutcome.Batch { Slices: [var slice, ..] })
        {
            return (default, new CreateOutcome.Unavailable(
                UnavailableReason.Moved, "The event behind the fork offset went away meanwhile; try again."));
        }

        var payload = slice.Block.GetPayload(slice.Start);
        return spec.SubOffset <= payload.Length
            ? (payload[..(int)spec.SubOffset], null)
            : (default, new CreateOutcome.InvalidFork(
                $"The fork sub-offset is {spec.SubOffset}, but the event behind the fork offset has {payload.Length} bytes."));
    }

    /// <summary>
    /// Confirms the hold of a created fork, drops that of a refused one, and leaves an unknown one to a visit. A fork
    /// whose hold turns out to be gone is removed again: its source would purge what it inherits (CORRECTNESS rule 30).
    /// </summary>
    private async ValueTask<CreateResult> FinishHoldAsync(
        StreamName source, StreamName fork, long incarnation, CreateResult result)
    {
        switch (result.Outcome)
        {
            case CreateOutcome.Unavailable { Reason: UnavailableReason.OutcomeUnknown }:
                return result;
            case CreateOutcome.Created:
                if (await owners.ConfirmHoldAsync(source, fork, incarnation) != false)
                {
                    return result;
                }

                var isRemoved = false;
                var step = await streams.Submit(fork, new StepCommand(log => isRemoved = log.RemoveOrphan(incarnation)));
                isRemoved &= step.View is not null;
                LogHoldLost(context.Logger, source.Value, fork.Value, isRemoved);
                return isRemoved ? CreateResult.LostBasis : result;
            default:
                await owners.SettleHoldAsync(source, fork, incarnation, confirm: false);
                return result;
        }
    }

    /// <summary>Lets the source drop this stream's hold, then forgets the debt; what did not happen is found by a visit.</summary>
    private async ValueTask ReleaseAsync(StreamView fork)
    {
        var origin = fork.State.Origin!;
        if (await owners.SettleHoldAsync(origin.Source, fork.Name, origin.Incarnation, confirm: false))
        {
            await streams.Submit(fork.Name, new StepCommand(log => log.SettleRelease(origin.Incarnation)));
        }
    }

    private async ValueTask SettleHoldAsync(StreamName source, ForkHold hold)
    {
        // A stored time: by a wall clock that was set back the hold is from the future, and no reason to wait for that.
        var isRecent = Math.Abs(context.Clock.Now - hold.SinceMilliseconds) < context.Limits.SettleForksAfter;
        if (hold.Confirmed || isRecent || await owners.IsHoldingAsync(hold.Fork, hold.Incarnation) is not { } isHolding)
        {
            return;
        }

        LogHoldSettled(context.Logger, source.Value, hold.Fork.Value, isHolding);
        await streams.Submit(source, new StepCommand(log =>
        {
            if (isHolding)
            {
                log.ConfirmHold(hold.Fork, hold.Incarnation);
            }
            else if (log.IsStored && log.State.Holds.Contains(hold))
            {
                // Exactly the one that was asked about: a new attempt may have taken its number over meanwhile.
                log.DropHold(hold.Fork, hold.Incarnation);
            }
        }));
    }

    /// <summary>One attempt to create a fork, from the answer that its name is free on.</summary>
    private readonly record struct ForkAttempt(CreateRequest Request, ForkSpec Spec, long PayloadBytes, long Fence);
}
