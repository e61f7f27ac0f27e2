using EventCluster.Abstractions;
using EventCluster.Delivery.Framing;
using EventCluster.Delivery.Pump;
using EventCluster.Protocol;

namespace EventCluster.Edge.Live;

/// <summary>A <c>live=sse</c> response on the pump: each slice is one data event of shared payloads and one control event.</summary>
internal sealed class DurableSseConnection(LiveResponse response, SseFraming framing, LiveCursor cursors, long cursor)
    : PumpedConnection(response, framing)
{
    /// <summary>The cursor of its next control event: never below the one that it began with.</summary>
    public long Cursor => Math.Max(cursor, cursors.Next(clientCursor: null));

    /// <inheritdoc />
    public override void WriteSlice(FrameLog log, PumpedFeed source, HeldPosition from, HeldPosition to)
    {
        log.Read(from, to, out var first, out var second);
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
        WriteControl(source.Descriptor.Incarnations.OffsetAfter(to), upToDate: to >= source.Tail);
    }

    /// <inheritdoc />
    public override void WriteHeartbeat(PumpedFeed source) => WriteControl(
        Position, upToDate: !source.Feed.IsUnconfirmed && source.TryFind(this, out var at) && at >= source.Tail);

    private void WriteControl(StreamOffset next, bool upToDate) =>
        DurableSseFrames.WriteControl(Output, next, Cursor, upToDate, closed: false);
}
