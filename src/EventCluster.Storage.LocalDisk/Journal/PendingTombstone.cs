using EventCluster.Storage.LocalDisk.Format;
using EventCluster.Storage.LocalDisk.Index;

namespace EventCluster.Storage.LocalDisk.Journal;

/// <summary>A delete on its way out of a segment, because an older one still holds data of the stream.</summary>
internal class PendingTombstone(long number, uint oldestSegment) : PendingRecord(TaskCreationOptions.RunContinuationsAsynchronously)
{
    private uint _segment;

    public override long MeasuredBytes => RecordCodec.HeaderBytes + 16;

    public override bool MayUseReserve => true;

    public override void Write(GroupBuffer group) => _segment = group.AddTombstone(number, oldestSegment);

    public override void Apply(StreamIndex index) => index.Usage.Bury(_segment, oldestSegment);
}
