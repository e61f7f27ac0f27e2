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
/// (not found, gone, gap) are confirmed with the store first.
/// </summary>
internal sealed class ReadPath(LocalStreamDirectory directory, DirectoryClock clock)
{
    /// <summary>Turns that end with data gone between the look and the store's answer; more is a fault of the store.</summary>
    private const int MaxEmptyReads = 8;

    /// <summary>Reads a stream.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<ReadOutcome> ReadAsync(StreamName name, ReadRequest request, CancellationToken cancellationToken)
    {
        var startedAt = clock.Time.GetTimestamp();
        var touches = request.Touch;
        var mayWait = request.WaitUpTo > TimeSpan.Zero;
        StreamView? waitedAt = null;
        for (var emptyReads = 0; ;)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var (runner, step) = await directory.LookAsync(name);
            if (step.View is not { } view)
            {
                return new ReadOutcome.Unavailable(step.Reason, step.Detail!);
            }

            if (!view.IsLive || CheckPosition(view, request.From) is not null)
            {
                if (await AnswerFinallyAsync(runner, view, request.From, cancellationToken) is { } final)
                {
                    return final;
                }

                continue;
            }

            if (touches && runner.Touch(view))
            {
                LocalStreamDirectory.Visit(runner);
            }

            touches = false;
            if (request.From.Sequence < view.Head.Tail)
            {
                if (await ReadEventsAsync(runner, view, request, cancellationToken) is { } batch)
                {
                    return batch;
                }

                // The purge is in the store, but its commit is not yet released to readers: its end shows the new head.
                CheckProgress(++emptyReads, name, request.From);
                await directory.VisitAsync(name);
                continue;
            }

            // A trim wakes whoever waits, though the tail is where it was: readers learn the new head.
            if (view.State.Closed || !mayWait || (waitedAt is not null && waitedAt.Head.Earliest != view.Head.Earliest))
            {
                return EmptyBatch(view, request.From);
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

                mayWait = reason != WakeReason.TimedOut;
            }
            else if (result != ParkResult.Changed)
            {
                return RefusedToWait(result);
            }
        }
    }

    /// <summary>Not found, gone or gap, once the store confirms it; null when something was committed meanwhile.</summary>
    private static async ValueTask<ReadOutcome?> AnswerFinallyAsync(
        StreamLogRunner runner, StreamView view, StreamOffset from, CancellationToken cancellationToken)
    {
        try
        {
            return await runner.ConfirmAsync(view, cancellationToken) switch
            {
                ConfirmResult.Confirmed => FinalAnswer(view, from),
                ConfirmResult.Moved => Moved(),
                _ => null,
            };
        }
        catch (StoreUnreachableException e)
        {
            return Unreachable(e);
        }
    }

    private static ReadOutcome.Unavailable Unreachable(StoreUnreachableException exception) =>
        new(UnavailableReason.StoreUnreachable, exception.Message);

    private static ReadOutcome.Unavailable Moved() =>
        new(UnavailableReason.Moved, "Another owner took the stream over.");

    private static ReadOutcome.Unavailable RefusedToWait(ParkResult result) => result == ParkResult.Full
        ? new ReadOutcome.Unavailable(
            UnavailableReason.Overloaded, "Too many reads wait at the tail; try again after a moment.")
        : new ReadOutcome.Unavailable(UnavailableReason.Moved, "The server is stopping.");

    private static ValueTask<ReadOutcome?> ReadEventsAsync(
        StreamLogRunner runner, StreamView view, ReadRequest request, CancellationToken cancellationToken) =>
        runner.TryReadTail(request) is { } fromMemory
            ? new(fromMemory)
            : ReadStoredAsync(runner, view, request, cancellationToken);

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
