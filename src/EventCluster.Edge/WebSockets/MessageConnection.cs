using System.Buffers;
using EventCluster.Abstractions;
using EventCluster.Delivery.Pump;
using EventCluster.Edge.Live;
using EventCluster.Edge.Messages;
using EventCluster.Edge.Sessions;

namespace EventCluster.Edge.WebSockets;

/// <summary>A WebSocket with one subscription on the pump: a slice is one <c>events</c> message around shared elements.</summary>
internal sealed class MessageConnection(LiveResponse response, Subscription subscription)
    : PumpedConnection(response, subscription.Framing)
{
    private static readonly byte[] Ping = [0x81, 15, .. "{\"type\":\"ping\"}"u8];

    private readonly byte[] _prefix = ServerMessages.PrefixOf(subscription);

    /// <inheritdoc />
    public override void WriteSlice(FrameLog log, PumpedFeed source, HeldPosition from, HeldPosition to)
    {
        log.Read(from, to, out var first, out var second);
        if (first.IsEmpty)
        {
            first = second;
            second = default;
        }

        // The first element of an array has no comma before it.
        first = first[1..];
        var suffix = ServerMessages.EventsSuffix;
        var length = _prefix.Length + first.Length + second.Length + suffix.Length;
        Span<byte> header = stackalloc byte[WebSocketFrame.MaxHeaderBytes];
        WebSocketFrame.WriteHeader(header, WebSocketFrame.Text, length);
        Output.Write(header[..WebSocketFrame.HeaderBytes(length)]);
        Output.Write(_prefix);
        Output.Write(first);
        Output.Write(second);
        Output.Write(suffix);
    }

    /// <inheritdoc />
    public override void WriteHeartbeat(PumpedFeed source) => Output.Write(Ping);
}
