using EventCluster.Abstractions.Store;
using EventCluster.Storage.LocalDisk.Index;

namespace EventCluster.Storage.LocalDisk.Journal;

/// <summary>Something that waits to be written, and whoever waits for it.</summary>
/// <param name="continuations">Whether the caller continues inside the completion or in a task of its own.</param>
internal abstract class PendingRecord(TaskCreationOptions continuations)
{
    private readonly TaskCompletionSource<CommitStatus> _completion = new(continuations);

    private CancellationTokenRegistration _cancellation;

    public Task<CommitStatus> Task => _completion.Task;

    /// <summary>Most bytes that it takes in a group.</summary>
    public abstract long MeasuredBytes { get; }

    /// <summary>May use the room that is kept back for a full disk.</summary>
    public abstract bool MayUseReserve { get; }

    /// <summary>Wants everything before it flushed even when the store does not flush.</summary>
    public virtual bool ForcesFlush => false;

    public abstract void Write(GroupBuffer group);

    /// <summary>Tells the index, once flushed; under the store's gate.</summary>
    public abstract void Apply(StreamIndex index);

    /// <summary>Nothing came of it; under the store's gate.</summary>
    public virtual void Abandon()
    {
    }

    /// <summary>Cancelling ends the caller's wait, never the record.</summary>
    public void EndWaitOn(CancellationToken cancellationToken)
    {
        if (cancellationToken.CanBeCanceled)
        {
            _cancellation = cancellationToken.UnsafeRegister(
                static (record, token) => ((PendingRecord)record!)._completion.TrySetCanceled(token), this);
        }
    }

    public void Complete(CommitStatus status)
    {
        _cancellation.Unregister();
        _completion.TrySetResult(status);
    }

    public void Fail(Exception exception)
    {
        _cancellation.Unregister();
        _completion.TrySetException(exception);
    }
}
