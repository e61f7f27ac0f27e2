using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using EventCluster.Abstractions.Streams;
using EventCluster.Protocol;

namespace EventCluster.Delivery.Framing;

/// <summary>The frames of native EventSource framing that are not events of the stream.</summary>
internal static class EventSourceFrames
{
    /// <summary>No data, so nothing is dispatched, but a browser remembers the position and the delay.</summary>
    public static void WritePriming(IBufferWriter<byte> output, StreamOffset position, int retryMilliseconds) =>
        Write(output, $"id: {position}\nretry: {Number(retryMilliseconds)}\n\n");

    /// <summary>Only the delay before the next connection.</summary>
    public static void WriteRetry(IBufferWriter<byte> output, int retryMilliseconds) =>
        Write(output, $"retry: {Number(retryMilliseconds)}\n\n");

    /// <summary>A comment.</summary>
    public static void WriteHeartbeat(IBufferWriter<byte> output) => output.Write(":\n\n"u8);

    /// <summary>Nothing follows.</summary>
    public static void WriteEnd(IBufferWriter<byte> output, StreamOffset final, StreamEnd reason) =>
        Write(output, $"event: end\nid: {final}\ndata: {{\"offset\":\"{final}\",\"reason\":\"{reason.ToWire()}\"}}\n\n");

    /// <summary>A gap; its id is the position continued from, or it would repeat at every reconnect.</summary>
    /// <param name="output">The response.</param>
    /// <param name="gap">The gap.</param>
    /// <param name="continuedFrom">The position continued from.</param>
    /// <param name="retryMilliseconds">The delay before the next connection, when this is the first frame.</param>
    /// <param name="sent">What the client sent as its position, if that was none.</param>
    public static void WriteGap(
        IBufferWriter<byte> output, StreamGap gap, StreamOffset continuedFrom, int? retryMilliseconds, string? sent)
    {
        Write(output, $"event: gap\nid: {continuedFrom}\n");
        if (retryMilliseconds is { } retry)
        {
            Write(output, $"retry: {Number(retry)}\n");
        }

        output.Write("data: "u8);
        using (var json = new Utf8JsonWriter(output))
        {
            json.WriteStartObject();
            GapJson.WriteMembers(json, gap, sent);
            json.WriteEndObject();
        }

        output.Write("\n\n"u8);
    }

    private static void Write(IBufferWriter<byte> output, string text) => Encoding.ASCII.GetBytes(text, output);

    private static string Number(int value) => value.ToString(CultureInfo.InvariantCulture);
}
