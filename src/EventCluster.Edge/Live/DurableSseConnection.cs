using EventCluster.Edge.Framing;
using EventCluster.Edge.Pumping;

namespace EventCluster.Edge.Live;

/// <summary>A <c>live=sse</c> response on the pump: each slice is one data event of shared payloads and one control event.</summary>
internal sealed class DurableSseConnection(LiveResponse response, SseFraming framing, LiveCursor cursors, long cursor)
    : PumpedConnection(response, framing)
{
    /// <summary>The cursor of its next control event: never below the one that it began with.</summary>
    public long Cursor => Math.Max(cursor, cursors.Next(clientCursor: null));

    /// <inheritdoc />
    public override void WriteSlice(FrameLog log, PumpedFeed source, long to)
    {
        log.Read(Position.Sequence, to, out var first, out var second);
        DurableSseFrames.WriteDataStart(Output, Framing);
        if (Framing == SseFraming.DurableBase64)
        {
            DurableSseFrames.WriteBase64(Output, first, second);
        }
        else
        {
            DurableSseFrames.WriteRun(Output, Framing, first, isFirst: true);
            DurableSseFrames.WriteRun(Output, Framing, second, isFirst: first.IsEmpty);
        }

        DurableSseFrames.WriteDataEnd(Output, Framing);
        WriteControl(source, to);
    }

    /// <inheritdoc />
    public override void WriteHeartbeat(PumpedFeed source) => WriteControl(source, Position.Sequence);

    private void WriteControl(PumpedFeed source, long to) => DurableSseFrames.WriteControl(
        Output,
        source.Descriptor.Incarnations.OffsetAfter(to),
        Cursor,
        upToDate: to >= source.Descriptor.Tail.Sequence,
        closed: false);
}
