using System.Text.Unicode;
using EventCluster.Protocol;

namespace EventCluster.Delivery.Framing;

/// <summary>One event as an element of an <c>events</c> message: the same bytes for every connection, so they are shared.</summary>
internal static class EventElement
{
    /// <summary>Writes <c>,{"offset":"…","data":…}</c>, or with <c>"base64":"…"</c>; the first one of a message drops its comma.</summary>
    public static void Write(FrameBuffer buffer, StreamOffset offset, ReadOnlySpan<byte> payload, SseFraming framing)
    {
        var coding = CodingOf(payload, framing);
        buffer.Write(","u8);
        WriteStart(buffer, offset, coding);
        switch (coding)
        {
            case PayloadCoding.Base64:
                buffer.WriteBase64(payload);
                break;
            case PayloadCoding.Escaped:
                buffer.WriteEscaped(payload);
                break;
            default:
                buffer.Write(payload);
                break;
        }

        buffer.Write(EndOf(coding));
    }

    /// <summary>
    /// How a payload stands in its element. A fork may begin with a part of a text, cut inside a character; JSON cannot
    /// carry that as text.
    /// </summary>
    public static PayloadCoding CodingOf(ReadOnlySpan<byte> payload, SseFraming framing) => framing switch
    {
        SseFraming.MessageJson => PayloadCoding.Raw,
        SseFraming.MessageText when Utf8.IsValid(payload) => PayloadCoding.Escaped,
        _ => PayloadCoding.Base64,
    };

    /// <summary>Writes what stands before the payload, without the comma.</summary>
    public static void WriteStart(FrameBuffer buffer, StreamOffset offset, PayloadCoding coding)
    {
        buffer.Write("{\"offset\":\""u8);
        buffer.WriteOffset(offset);
        buffer.Write(coding switch
        {
            PayloadCoding.Base64 => "\",\"base64\":\""u8,
            PayloadCoding.Escaped => "\",\"data\":\""u8,
            _ => "\",\"data\":"u8,
        });
    }

    /// <summary>What stands behind the payload.</summary>
    public static ReadOnlySpan<byte> EndOf(PayloadCoding coding) => coding == PayloadCoding.Raw ? "}"u8 : "\"}"u8;
}
