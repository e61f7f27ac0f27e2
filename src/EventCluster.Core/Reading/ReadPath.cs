using System.Runtime.CompilerServices;
using EventCluster.Abstractions.Store;
using EventCluster.Abstractions.Streams;
using EventCluster.Core.Decisions;
using EventCluster.Core.Running;
using EventCluster.Core.State;
using EventCluster.Protocol;

namespace EventCluster.Core.Reading;

/// <summary>
/// The one read verb: each turn looks at one committed instant and answers from it, or waits for the next. Final answers
/// (not found, gone, gap) and claims about the tail are confirmed with the store first.
/// </summary>
internal sealed class ReadPath(StreamRegistry streams, RunnerContext context)
{
    /// <summary>What admits an answer behind the tail: a stream that was deleted elsewhere is served for no longer.</summary>
    public static readonly TimeSpan RecentAge = TimeSpan.FromSeconds(1);

    /// <summary>Turns that end with data gone between the look and the store's answer; more is a fault of the store.</summary>
    private const int MaxEmptyReads = 8;

    private const string MovedDetail = "Another owner took the stream over.";

    /// <summary>Stands for a position without a block, which the owner's instant says is retained.</summary>
    private static readonly ReadOutcome NothingStored = new ReadOutcome.NotFound();

    private readonly bool _isShared = context.Store.IsShared;

    /// <summary>Reads a stream.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<ReadOutcome> ReadAsync(StreamName name, ReadRequest request, CancellationToken cancellationToken)
    {
        var startedAt = context.Clock.Timestamp;
        var since = context.Questions;
        var touches = request.Touch;
        var mayWait = request.WaitUpTo > TimeSpan.Zero;
        StreamView? waitedAt = null;
        for (var emptyReads = 0; ;)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var (runner, step) = await streams.LookAsync(name);
            if (step.View is not { } view)
            {
                return new ReadOutcome.Unavailable(step.Reason, step.Detail!);
            }

            if (!view.IsLive || CheckPosition(view, request.From) is not null)
            {
                if (await ConfirmedAsync(runner, view, since, FinalAnswer(view, request.From), cancellationToken) is { } final)
                {
                    return final;
                }

                continue;
            }

            if (touches && runner.Touch(view))
            {
                StreamRegistry.Visit(runner);
            }

            touches = false;
            if (request.From.Sequence < view.Head.Tail)
            {
                if (runner.TryReadTail(request, ref view) is { } newest)
                {
                    if (IsFreeToGo(runner, newest, request.Confirmation, since))
                    {
                        return newest;
                    }

                    if (await ClaimAsync(runner, view, since, newest, cancellationToken) is { } claimed)
                    {
                        return claimed;
                    }

                    continue;
                }

                var stored = await ReadStoredAsync(runner, view, request, cancellationToken);
                if (stored is ReadOutcome.Batch batch && !IsFreeToGo(runner, batch, request.Confirmation, since))
                {
                    stored = await ClaimAsync(runner, view, since, batch, cancellationToken);
                    if (stored is null)
                    {
                        continue;
                    }
                }

                if (stored is not null)
                {
                    return stored;
                }

                // The purge is in the store, but its commit is not yet released to readers: its end shows the new head. Or another
                // owner trimmed; only when this one is still the newest is a position without a block a fault of the store.
                if (await ConfirmedAsync(runner, view, since, NothingStored, cancellationToken) is { } answer)
                {
                    if (!ReferenceEquals(answer, NothingStored))
                    {
                        return answer;
                    }

                    CheckProgress(++emptyReads, name, request.From);
                }

                since = context.Questions;
                await streams.VisitAsync(name);
                continue;
            }

            // A trim wakes whoever waits, though the tail is where it was: readers learn the new head.
            if (view.State.Closed || !mayWait || (waitedAt is not null && waitedAt.Head.Earliest != view.Head.Earliest))
            {
                if (await ConfirmedAsync(runner, view, since, EmptyBatch(view, request.From), cancellationToken) is { } empty)
                {
                    return empty;
                }

                continue;
            }

            var result = runner.TryPark(view, out var parked);
            if (parked is not null)
            {
                waitedAt = view;
                var reason = await parked.WaitAsync(startedAt, request.WaitUpTo, cancellationToken);
                runner.Unpark(parked, reason);
                if (reason == WakeReason.Moved)
                {
                    return Moved();
                }

                // What is claimed after the wait is claimed for then.
                since = context.Questions;
                mayWait = reason != WakeReason.TimedOut;
            }
            else if (result != ParkResult.Changed)
            {
                return RefusedToWait(result);
            }
        }
    }

    /// <summary>Describes a stream.</summary>
    public async ValueTask<DescribeOutcome> DescribeAsync(
        StreamName name, ReadConfirmation confirmation, CancellationToken cancellationToken)
    {
        var since = context.Questions;
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var (runner, step) = await streams.LookAsync(name);
            if (step.View is not { } view)
            {
                return new DescribeOutcome.Unavailable(step.Reason, step.Detail!);
            }

            if (view.IsLive
                && (confirmation == ReadConfirmation.Followed || IsConfirmed(runner, confirmation == ReadConfirmation.Strict, since)))
            {
                return new DescribeOutcome.Found(view.Descriptor);
            }

            try
            {
                switch (await runner.ConfirmAsync(view, since, cancellationToken))
                {
                    case ConfirmResult.Confirmed when view.IsLive:
                        return new DescribeOutcome.Found(view.Descriptor);
                    case ConfirmResult.Confirmed:
                        return view.IsGone ? new DescribeOutcome.Gone() : new DescribeOutcome.NotFound();
                    case ConfirmResult.Moved:
                        return new DescribeOutcome.Unavailable(UnavailableReason.Moved, MovedDetail);
                    default:
                        continue;
                }
            }
            catch (StoreUnreachableException e)
            {
                return new DescribeOutcome.Unavailable(UnavailableReason.StoreUnreachable, e.Message);
            }
        }
    }

    /// <summary>An answer that claims the newest state, once the store confirms it; null when something was committed meanwhile.</summary>
    private async ValueTask<ReadOutcome?> ConfirmedAsync(
        StreamLogRunner runner, StreamView view, long since, ReadOutcome answer, CancellationToken cancellationToken)
    {
        if (answer is ReadOutcome.Batch && IsConfirmed(runner, isClaim: true, since))
        {
            return answer;
        }

        try
        {
            return await runner.ConfirmAsync(view, since, cancellationToken) switch
            {
                ConfirmResult.Confirmed => answer,
                ConfirmResult.Moved => Moved(),
                _ => null,
            };
        }
        catch (StoreUnreachableException e)
        {
            return Unreachable(e);
        }
    }

    /// <summary>Events whose claim the store confirms, or, when it does not answer, events without the claim; null to look again.</summary>
    private async ValueTask<ReadOutcome?> ClaimAsync(
        StreamLogRunner runner,
        StreamView view,
        long since,
        ReadOutcome.Batch batch,
        CancellationToken cancellationToken)
    {
        var answer = await ConfirmedAsync(runner, view, since, batch, cancellationToken);
        return answer is ReadOutcome.Unavailable { Reason: UnavailableReason.StoreUnreachable } ? batch with { ClaimWithheld = true } : answer;
    }

    /// <summary>The events may go out as they are: their reader relies on no claim, or it is confirmed already.</summary>
    private bool IsFreeToGo(StreamLogRunner runner, ReadOutcome.Batch batch, ReadConfirmation confirmation, long since) =>
        confirmation == ReadConfirmation.Followed
        || IsConfirmed(runner, confirmation == ReadConfirmation.Strict && batch.ReachesTail, since);

    /// <summary>
    /// The owner's word may be answered from. A claim about the tail needs a proof that is younger than the request; what lies
    /// behind the tail a recent one.
    /// </summary>
    private bool IsConfirmed(StreamLogRunner runner, bool isClaim, long since) =>
        !_isShared
        || (isClaim
            ? context.Options.ReadConfirmationAge is { } age && runner.IsConfirmedWithin(age)
            : runner.IsConfirmedSince(since) || runner.IsConfirmedWithin(RecentAge));

    private static ReadOutcome.Unavailable Unreachable(StoreUnreachableException exception) =>
        new(UnavailableReason.StoreUnreachable, exception.Message);

    private static ReadOutcome.Unavailable Moved() =>
        new(UnavailableReason.Moved, MovedDetail);

    private static ReadOutcome.Unavailable RefusedToWait(ParkResult result) => result == ParkResult.Full
        ? new ReadOutcome.Unavailable(
            UnavailableReason.Overloaded, "Too many reads wait at the tail; try again after a moment.")
        : new ReadOutcome.Unavailable(UnavailableReason.Moved, "The server is stopping.");

    private static async ValueTask<ReadOutcome?> ReadStoredAsync(
        StreamLogRunner runner, StreamView view, ReadRequest request, CancellationToken cancellationToken)
    {
        IReadOnlyList<BlockSlice> slices;
        try
        {
            slices = await runner.Blocks.ReadAsync(
                view, request.From.Sequence, request.MaxBytes, request.MaxEvents, cancellationToken);
        }
        catch (StoreUnreachableException e)
        {
            return Unreachable(e);
        }

        return slices.Count == 0
            ? null
            : new ReadOutcome.Batch(
                request.From,
                view.Incarnations.OffsetAfter(slices[^1].FirstSequence + slices[^1].Count),
                slices,
                view.Descriptor);
    }

    private static GapReason? CheckPosition(StreamView view, StreamOffset from)
    {
        if (from.Incarnation == view.Incarnations.Latest.Incarnation && from.Sequence > view.Head.Tail)
        {
            return GapReason.Unknown;
        }

        if (!view.Incarnations.Holds(from))
        {
            return GapReason.Recreated;
        }

        return from.Sequence < view.Head.Earliest ? StreamLog.ReasonFor(view.State, from.Sequence) : null;
    }

    private static ReadOutcome FinalAnswer(StreamView view, StreamOffset from)
    {
        if (!view.IsLive)
        {
            return view.IsGone ? new ReadOutcome.Gone() : new ReadOutcome.NotFound();
        }

        var gap = new StreamGap(from, view.Descriptor.Earliest, view.Descriptor.Tail, CheckPosition(view, from)!.Value);
        return new ReadOutcome.Gap(gap, view.Descriptor);
    }

    private static ReadOutcome.Batch EmptyBatch(StreamView view, StreamOffset from) =>
        new(from, view.Descriptor.Tail, [], view.Descriptor);

    private static void CheckProgress(int emptyReads, StreamName name, StreamOffset from)
    {
        if (emptyReads > MaxEmptyReads)
        {
            throw new LogDamagedException(
                $"Stream '{name}' has a retained position {from} without a stored block.");
        }
    }
}
