using EventCluster.Abstractions.Store;
using EventCluster.Abstractions.Streams;
using EventCluster.Orleans.Wire;
using EventCluster.Protocol;
using ErrorCode = EventCluster.Protocol.ErrorCode;

namespace EventCluster.Orleans.Grains;

/// <content>From what the owner does to what crosses the wire: a value, a report of damage, or "not now".</content>
internal sealed partial class StreamGrain
{
    private const string LeavingDetail = "The stream is moving to another owner; nothing was done.";

    private const string StoreDetail = "The store did not answer.";

    /// <summary>Starts an append; a request that the owner cannot take is refused alone, beside its neighbours in the call.</summary>
    private ValueTask<AppendOutcome> StartAppend(AppendRequest request)
    {
        if (_leaving.IsCancellationRequested)
        {
            return ValueTask.FromResult<AppendOutcome>(new AppendOutcome.Unavailable(UnavailableReason.Moved, LeavingDetail));
        }

        try
        {
            return _stream.AppendAsync(request, CancellationToken.None);
        }
        catch (ArgumentException e)
        {
            // An edge with larger limits than this silo's, or a client with a library of its own.
            return ValueTask.FromResult<AppendOutcome>(new AppendOutcome.Invalid(
                RequestRules.Check(request, PayloadKind.Binary, options.MaxAppendBytes, options.MaxAppendEvents)
                    ?? new Refusal(ErrorCode.BadRequest, e.Message)));
        }
    }

    private ValueTask<Wire<T>> CallAsync<T>(
        Func<IStreamHandle, ValueTask<T>> call, Func<UnavailableReason, string, T> unavailable) =>
        _leaving.IsCancellationRequested
            ? ValueTask.FromResult(new Wire<T>(unavailable(UnavailableReason.Moved, LeavingDetail)))
            : AnswerAsync(call(_stream), unavailable);

    private async ValueTask<Wire<T>> AnswerAsync<T>(ValueTask<T> pending, Func<UnavailableReason, string, T> unavailable)
    {
        try
        {
            return new Wire<T>(await pending);
        }
        catch (OperationCanceledException) when (_leaving.IsCancellationRequested)
        {
            return new Wire<T>(unavailable(UnavailableReason.Moved, LeavingDetail));
        }
        catch (LogDamagedException damaged)
        {
            return Wire<T>.OfDamage(damaged.Message);
        }
        catch (Exception e) when (e is not (OperationCanceledException or ArgumentException))
        {
            // The store's own exceptions are not known to every silo; the caller tries again with the same identity.
            LogCallFailed(logger, _stream.Name.Value, e);
            return new Wire<T>(unavailable(UnavailableReason.OutcomeUnknown, StoreDetail));
        }
    }

    private Wire<T> Watched<T>(Wire<T> answer, Func<T, UnavailableReason?> reasonOf)
    {
        if (answer.Damage is null)
        {
            Watch(reasonOf(answer.Value));
        }

        return answer;
    }

    private void Watch(UnavailableReason? reason)
    {
        if (reason is UnavailableReason.Moved or UnavailableReason.OutcomeUnknown && !_leaving.IsCancellationRequested)
        {
            Leave();
        }
    }

    private void Leave()
    {
        // A waiting read would keep the grain from being idle, and all callers waiting with it.
        _leaving.Cancel();
        DeactivateOnIdle();
    }
}
