using EventCluster.Delivery.Framing;
using EventCluster.Edge.Messages;
using EventCluster.Edge.Sessions;

namespace EventCluster.Edge.WebSockets;

/// <summary>
/// Messages as text frames, large ones in fragments, and the control frames of the server. Fragments need no length before
/// the end is known, and a close may still follow in the middle of a message (RFC 6455 5.4).
/// </summary>
internal sealed class FrameSink(SessionWriter output) : IMessageSink
{
    /// <inheritdoc />
    public int MaxFrameBytes => output.MaxSlice;

    /// <inheritdoc />
    public long Unflushed => output.Unflushed;

    /// <inheritdoc />
    public PayloadCoding LargeJson => PayloadCoding.Raw;

    /// <inheritdoc />
    public ReadOnlySpan<byte> LargeTail => default;

    /// <inheritdoc />
    public void Put(ReadOnlySpan<byte> type, MessageBuffer message) => output.Write(message.ToFrame());

    /// <inheritdoc />
    public void WriteLargeHead(FrameBuffer head, ReadOnlySpan<byte> prefix) => head.Write(prefix);

    /// <inheritdoc />
    public void PutPart(LargeEvent large, int maxBytes)
    {
        maxBytes = Math.Min(maxBytes, EdgeLimits.SocketPartBytes);
        using var part = new FrameBuffer(maxBytes);
        var opcode = large.IsBegun ? WebSocketFrame.Continuation : WebSocketFrame.Text;
        large.Write(part, maxBytes);
        Span<byte> header = stackalloc byte[WebSocketFrame.MaxHeaderBytes];
        WebSocketFrame.WriteHeader(header, opcode, part.Length, isFinal: large.IsComplete);
        output.Write(header[..WebSocketFrame.HeaderBytes(part.Length)]);
        output.Write(part.Written);
    }

    /// <summary>The answer to a ping frame.</summary>
    public void PutPong(ReadOnlySpan<byte> payload)
    {
        Span<byte> frame = stackalloc byte[WebSocketFrame.MaxControlBytes + 2];
        output.Write(frame[..WebSocketFrame.WriteControl(frame, WebSocketFrame.Pong, payload)]);
    }

    /// <summary>The close frame; nothing may follow.</summary>
    public void PutClose(CloseCode code, string reason)
    {
        Span<byte> frame = stackalloc byte[WebSocketFrame.MaxControlBytes + 2];
        output.Write(frame[..(code == CloseCode.NoStatus
            ? WebSocketFrame.WriteControl(frame, WebSocketFrame.Close, default)
            : WebSocketFrame.WriteClose(frame, code, reason))]);
    }
}
