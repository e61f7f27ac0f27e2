using System.Text.Json;
using EventCluster.Abstractions.Streams;
using EventCluster.Protocol;

namespace EventCluster.Delivery.Framing;

/// <summary>The members of a gap, the same in problem details and in <c>event: gap</c>.</summary>
internal static class GapJson
{
    /// <summary>Most characters of a foreign position that are repeated to its sender.</summary>
    public const int MaxSentLength = 64;

    /// <summary>Writes the members.</summary>
    /// <param name="json">Inside an object.</param>
    /// <param name="gap">The gap.</param>
    /// <param name="sent">What the client sent as its position, if that was none.</param>
    public static void WriteMembers(Utf8JsonWriter json, StreamGap gap, string? sent = null)
    {
        json.WriteString("requested"u8, gap.Requested == default ? Shorten(sent) : gap.Requested.ToString());
        json.WriteString("earliest"u8, gap.Earliest.ToString());
        json.WriteString("tail"u8, gap.Tail.ToString());
        json.WriteString("reason"u8, gap.Reason.ToWire());
    }

    /// <summary>The beginning of a text of any length.</summary>
    public static string Shorten(string? sent) => sent is null || sent.Length <= MaxSentLength ? sent ?? "" : sent[..MaxSentLength];
}
