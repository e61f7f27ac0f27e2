using EventCluster.Storage.LocalDisk.Index;

namespace EventCluster.Storage.LocalDisk.Journal;

/// <summary>Waits until everything enqueued before it is on stable storage.</summary>
internal sealed class PendingFlush() : PendingRecord(TaskCreationOptions.RunContinuationsAsynchronously)
{
    public override long MeasuredBytes => 0;

    public override bool MayUseReserve => true;

    public override bool ForcesFlush => true;

    public override void Write(GroupBuffer group)
    {
    }

    public override void Apply(StreamIndex index)
    {
    }
}
