using System.Buffers;
using EventCluster.Abstractions;
using EventCluster.Delivery.Framing;
using EventCluster.Delivery.Pump;

namespace EventCluster.Edge.Live;

/// <summary>A native EventSource response on the pump: a slice is the shared frames as they are.</summary>
internal sealed class EventSourceConnection(LiveResponse response, SseFraming framing) : PumpedConnection(response, framing)
{
    /// <inheritdoc />
    public override void WriteSlice(FrameLog log, PumpedFeed source, HeldPosition from, HeldPosition to)
    {
        log.Read(from, to, out var first, out var second);
        Output.Write(first);
        if (!second.IsEmpty)
        {
            Output.Write(second);
        }
    }

    /// <inheritdoc />
    public override void WriteHeartbeat(PumpedFeed source) => EventSourceFrames.WriteHeartbeat(Output);
}
