using EventCluster.Protocol;
using EventCluster.Storage.LocalDisk.Format;
using EventCluster.Storage.LocalDisk.Index;

namespace EventCluster.Storage.LocalDisk.Journal;

/// <summary>A commit that waits for its group.</summary>
internal sealed class PendingCommit(
    StreamName name, CommitChange change, ReadOnlyMemory<byte> block, Dictionary<StreamName, PendingCommit> inFlight) : PendingRecord(TaskCreationOptions.None)
{
    private TaskCompletionSource? _settled;

    public override long MeasuredBytes { get; } =
        RecordCodec.MeasureCommit(change) + RecordCodec.StoredBlockBytes(block.Length);

    /// <summary>Makes a stream.</summary>
    public bool Creates => change.Name is not null;

    /// <summary>The fence to remember for a name whose stream this commit removes; null for every other commit.</summary>
    public (StreamName Name, long Fence)? Removed { get; private set; }

    // Deleting a fork takes a few commits of state before room comes free, so nothing without events is kept out.
    public override bool MayUseReserve => block.IsEmpty && !Creates && change.Producers.Count == 0;

    public override void Write(GroupBuffer group) => group.Add(change, block);

    public override void Apply(StreamIndex index)
    {
        // A newer owner may have opened the stream since this commit was sent.
        Removed = change.Remove ? (name, Math.Max(change.Fence, index.Find(name)?.Fence ?? 0)) : null;
        index.Apply(change);
        Abandon();
    }

    public override void Abandon()
    {
        inFlight.Remove(name);
        _settled?.TrySetResult();
    }

    /// <summary>Ends when the index knows the outcome; asked under the store's gate.</summary>
    public Task WhenSettled() =>
        (_settled ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
}
