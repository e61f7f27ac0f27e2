using EventCluster.Edge.Sessions;

namespace EventCluster.Edge.WebSockets;

/// <summary>Messages as text frames, and the control frames of the server.</summary>
internal sealed class FrameSink(SessionWriter output) : IMessageSink
{
    /// <inheritdoc />
    public void Put(ReadOnlySpan<byte> type, MessageBuffer message) => output.Write(message.ToFrame());

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
