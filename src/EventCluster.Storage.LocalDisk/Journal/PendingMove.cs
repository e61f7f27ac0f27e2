using EventCluster.Storage.LocalDisk.Format;
using EventCluster.Storage.LocalDisk.Index;

namespace EventCluster.Storage.LocalDisk.Journal;

/// <summary>A live block on its way out of a segment that compaction empties.</summary>
internal sealed class PendingMove(long number, BlockRef old, ReadOnlyMemory<byte> block) : PendingRecord(TaskCreationOptions.RunContinuationsAsynchronously)
{
    private const int MetaBytes = RecordCodec.HeaderBytes + 16;

    private BlockRef _now;

    public override long MeasuredBytes => MetaBytes + RecordCodec.StoredBlockBytes(block.Length);

    public override bool MayUseReserve => true;

    public override void Write(GroupBuffer group) =>
        _now = old.MovedTo(group.AddMoved(number, old.Location, block));

    public override void Apply(StreamIndex index) => index.ApplyMove(number, _now, old.Location);
}
