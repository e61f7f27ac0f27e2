using System.Text.Unicode;
using EventCluster.Edge.Framing;
using EventCluster.Protocol;

namespace EventCluster.Edge.WebSockets;

/// <summary>One event as an element of an <c>events</c> message: the same bytes for every connection, so they are shared.</summary>
internal static class EventElement
{
    /// <summary>Writes <c>,{"offset":"…","data":…}</c>, or with <c>"base64":"…"</c>; the first one of a message drops its comma.</summary>
    public static void Write(FrameBuffer buffer, StreamOffset offset, ReadOnlySpan<byte> payload, SseFraming framing)
    {
        buffer.Write(",{\"offset\":\""u8);
        buffer.WriteOffset(offset);

        // A fork may begin with a part of a text, cut inside a character; JSON cannot carry that as text.
        if (framing == SseFraming.MessageBase64 || (framing == SseFraming.MessageText && !Utf8.IsValid(payload)))
        {
            buffer.Write("\",\"base64\":\""u8);
            buffer.WriteBase64(payload);
            buffer.Write("\"}"u8);
            return;
        }

        buffer.Write("\",\"data\":"u8);
        if (framing == SseFraming.MessageJson)
        {
            buffer.Write(payload);
        }
        else
        {
            buffer.Write("\""u8);
            buffer.WriteEscaped(payload);
            buffer.Write("\""u8);
        }

        buffer.Write("}"u8);
    }
}
