using System.Collections.Concurrent;
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
internal sealed partial class ForkFlow(LocalStreamDirectory directory, RunnerContext context, IStreamOwners owners)
{
    /// <summary>A create meets a name that still owes a release at most this often.</summary>
    private const int MaxSettles = 8;

    /// <summary>Forks whose creation runs here: their holds are unconfirmed but not abandoned.</summary>
    private readonly ConcurrentDictionary<(StreamName Fork, long Incarnation), bool> _creating = new();

    /// <summary>Creates a stream, as a fork or from nothing.</summary>
    public async ValueTask<CreateOutcome> CreateAsync(
        StreamName name, CreateRequest request, long payloadBytes, CancellationToken cancellationToken)
    {
        for (var settles = 0; ; settles++)
        {
            var result = await directory.Submit(name, new CreateCommand(request, basis: null, payloadBytes));
            if (result.Outcome is { } outcome)
            {
                return outcome;
            }

            if (result.Next == CreateDecisionKind.NeedsSource)
            {
                result = await CreateForkAsync(name, request, request.Fork!, payloadBytes, cancellationToken);
                if (result.Outcome is { } forked)
                {
                    return forked;
                }
            }

            if (settles == MaxSettles)
            {
                return new CreateOutcome.Unavailable(
                    UnavailableReason.Moved, "A deleted fork of that name is still being released; try again.");
            }

            await SettleAsync(name);
        }
    }

    /// <summary>Finishes what a stream owes: the release of its hold, and the fate of unconfirmed holds on it.</summary>
    public async ValueTask SettleAsync(StreamName name)
    {
        var (_, step) = await directory.LookAsync(name);
        if (step.View is { IsStored: true } view && view.State.OwesRelease)
        {
            await ReleaseAsync(view);
        }
    }

    /// <summary>Whether a fork of that history exists and holds its source; null while that cannot be said.</summary>
    public async ValueTask<bool?> IsHoldingAsync(StreamName name, long incarnation)
    {
        if (_creating.ContainsKey((name, incarnation)))
        {
            return null;
        }

        // Opening the fork raises its fence: a create that another owner still has in flight can no longer land.
        var (_, step) = await directory.LookAsync(name);
        return step.View is not { } fork
            ? null
            : fork.IsStored && fork.State.Origin is { HoldsSource: true } origin && origin.Incarnation == incarnation;
    }

    /// <summary>Visits a stream whose due time has come: expiry, age retention, unfinished forks.</summary>
    public async ValueTask VisitDueAsync(StreamName name)
    {
        try
        {
            var visited = await directory.Submit(name, new StepCommand(static log => log.MoveDue()));
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

    private async ValueTask<CreateResult> CreateForkAsync(
        StreamName name, CreateRequest request, ForkSpec spec, long payloadBytes, CancellationToken cancellationToken)
    {
        var incarnation = await context.Store.DrawIncarnationAsync(cancellationToken);
        _creating[(name, incarnation)] = true;
        try
        {
            var held = await owners.HoldAsync(
                spec.Source, new ForkHoldRequest(spec, name, request.ContentType, incarnation));
            if (held.Basis is not { } basis)
            {
                return CreateResult.Of(held.Refusal!);
            }

            var result = await CommitForkAsync(name, request, spec, basis, payloadBytes);
            await FinishHoldAsync(spec.Source, name, incarnation, result.Outcome);
            return result;
        }
        finally
        {
            _creating.TryRemove((name, incarnation), out _);
        }
    }

    private async ValueTask<CreateResult> CommitForkAsync(
        StreamName name, CreateRequest request, ForkSpec spec, ForkBasis basis, long payloadBytes)
    {
        if (spec.SubOffset > 0 && basis.ContentType.Kind != PayloadKind.Json)
        {
            var (partial, refusal) = await ReadPrefixAsync(spec, basis);
            if (refusal is not null)
            {
                return CreateResult.Of(refusal);
            }

            basis = basis with { PartialEvent = partial };
            payloadBytes += partial.Length;
        }

        return await directory.Submit(name, new CreateCommand(request, basis, payloadBytes));
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

    /// <summary>Confirms the hold of a created fork, drops that of a refused one, and leaves an unknown one to a visit.</summary>
    private async ValueTask FinishHoldAsync(StreamName source, StreamName fork, long incarnation, CreateOutcome? outcome)
    {
        if (outcome is not CreateOutcome.Unavailable { Reason: UnavailableReason.OutcomeUnknown })
        {
            await owners.SettleHoldAsync(source, fork, incarnation, confirm: outcome is CreateOutcome.Created);
        }
    }

    /// <summary>Lets the source drop this stream's hold, then forgets the debt; what did not happen is found by a visit.</summary>
    private async ValueTask ReleaseAsync(StreamView fork)
    {
        var origin = fork.State.Origin!;
        if (await owners.SettleHoldAsync(origin.Source, fork.Name, origin.Incarnation, confirm: false))
        {
            await directory.Submit(fork.Name, new StepCommand(log => log.SettleRelease(origin.Incarnation)));
        }
    }

    private async ValueTask SettleHoldAsync(StreamName source, ForkHold hold)
    {
        var isRecent = context.Clock.Now - hold.SinceMilliseconds < context.Limits.SettleForksAfter;
        if (hold.Confirmed || isRecent || await owners.IsHoldingAsync(hold.Fork, hold.Incarnation) is not { } isHolding)
        {
            return;
        }

        LogHoldSettled(context.Logger, source.Value, hold.Fork.Value, isHolding);
        await directory.Submit(source, new StepCommand(log =>
        {
            if (isHolding)
            {
                log.ConfirmHold(hold.Fork, hold.Incarnation);
            }
            else
            {
                log.DropHold(hold.Fork, hold.Incarnation);
            }
        }));
    }
}
