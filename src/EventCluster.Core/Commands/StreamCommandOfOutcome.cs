using System.Threading.Tasks.Sources;
using EventCluster.Abstractions.Store;
using EventCluster.Abstractions.Streams;
using EventCluster.Core.State;

namespace EventCluster.Core.Commands;

/// <summary>A command that is its own completion source, so that an append costs one object and its outcome.</summary>
/// <typeparam name="TOutcome">What the caller gets.</typeparam>
internal abstract class StreamCommand<TOutcome> : StreamCommand, IValueTaskSource<TOutcome>
{
    private ManualResetValueTaskSourceCore<TOutcome> _source = new() { RunContinuationsAsynchronously = true };

    /// <summary>The outcome, to be awaited once.</summary>
    public ValueTask<TOutcome> Outcome => new(this, _source.Version);

    /// <inheritdoc />
    public override void Release(StreamView view) => _source.SetResult(Complete(view));

    /// <inheritdoc />
    public override void Refuse(UnavailableReason reason, string detail) => _source.SetResult(Unavailable(reason, detail));

    /// <inheritdoc />
    public override void Fail(Exception exception)
    {
        if (exception is StoreUnreachableException)
        {
            Refuse(UnavailableReason.StoreUnreachable, "The store does not answer now; nothing was done.");
        }
        else
        {
            _source.SetException(exception);
        }
    }

    /// <inheritdoc />
    public TOutcome GetResult(short token) => _source.GetResult(token);

    /// <inheritdoc />
    public ValueTaskSourceStatus GetStatus(short token) => _source.GetStatus(token);

    /// <inheritdoc />
    public void OnCompleted(
        Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _source.OnCompleted(continuation, state, token, flags);

    /// <summary>Finishes with an outcome that the command made itself.</summary>
    protected void Finish(TOutcome outcome) => _source.SetResult(outcome);

    /// <summary>The outcome of the decision, at the committed instant.</summary>
    protected abstract TOutcome Complete(StreamView view);

    /// <summary>The family's "not now".</summary>
    protected abstract TOutcome Unavailable(UnavailableReason reason, string detail);
}
