using System.Buffers;
using System.Buffers.Text;
using System.Globalization;
using System.Text;
using EventCluster.Protocol;

namespace EventCluster.Delivery.Framing;

/// <summary>The two events of <c>live=sse</c>; <c>data:</c> without a space, which clients rely on.</summary>
internal static class DurableSseFrames
{
    /// <summary>The beginning of a <c>data</c> event.</summary>
    public static void WriteDataStart(IBufferWriter<byte> output, SseFraming framing) =>
        output.Write(framing == SseFraming.DurableJson ? "event: data\ndata:["u8 : "event: data\ndata:"u8);

    /// <summary>Its end.</summary>
    public static void WriteDataEnd(IBufferWriter<byte> output, SseFraming framing) =>
        output.Write(framing == SseFraming.DurableJson ? "]\n\n"u8 : "\n\n"u8);

    /// <summary>Shared frames of JSON or text.</summary>
    public static void WriteRun(IBufferWriter<byte> output, SseFraming framing, ReadOnlySpan<byte> frames, bool isFirst)
    {
        if (isFirst && framing == SseFraming.DurableJson && !frames.IsEmpty)
        {
            // Each frame begins with the comma that separates it from the one before.
            frames = frames[1..];
        }
        else if (isFirst && !frames.IsEmpty && frames[0] == ' ')
        {
            // The slice opened with "data:", after which readers drop one space.
            output.Write(" "u8);
        }

        output.Write(frames);
    }

    /// <summary>Payloads, in two parts, as one base64 text.</summary>
    public static void WriteBase64(IBufferWriter<byte> output, ReadOnlySpan<byte> first, ReadOnlySpan<byte> second)
    {
        // Whole groups of the first part, then the group that spans both parts, then the rest.
        var whole = second.IsEmpty ? first.Length : first.Length / 3 * 3;
        EncodeBase64(output, first[..whole]);
        var rest = first[whole..];
        if (!rest.IsEmpty)
        {
            Span<byte> group = stackalloc byte[3];
            var taken = Math.Min(3 - rest.Length, second.Length);
            rest.CopyTo(group);
            second[..taken].CopyTo(group[rest.Length..]);
            EncodeBase64(output, group[..(rest.Length + taken)]);
            second = second[taken..];
        }

        EncodeBase64(output, second);
    }

    /// <summary>The <c>control</c> event, rendered per connection.</summary>
    public static void WriteControl(
        IBufferWriter<byte> output, StreamOffset next, long cursor, bool upToDate, bool closed)
    {
        var tail = closed
            ? "\"upToDate\":true,\"streamClosed\":true"
            : $"\"streamCursor\":\"{cursor.ToString(CultureInfo.InvariantCulture)}\"{(upToDate ? ",\"upToDate\":true" : "")}";
        Encoding.ASCII.GetBytes($"event: control\ndata:{{\"streamNextOffset\":\"{next}\",{tail}}}\n\n", output);
    }

    private static void EncodeBase64(IBufferWriter<byte> output, ReadOnlySpan<byte> bytes)
    {
        if (!bytes.IsEmpty)
        {
            Base64.EncodeToUtf8(
                bytes, output.GetSpan(Base64.GetMaxEncodedToUtf8Length(bytes.Length)), out _, out var written);
            output.Advance(written);
        }
    }
}
