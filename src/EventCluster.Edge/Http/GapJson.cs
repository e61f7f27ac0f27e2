using System.Text.Json;
using EventCluster.Abstractions.Streams;
using EventCluster.Protocol;

namespace EventCluster.Edge.Http;

/// <summary>The members of a gap, the same in problem details and in <c>event: gap</c>.</summary>
internal static class GapJson
{
    public static void WriteMembers(Utf8JsonWriter json, StreamGap gap)
    {
        json.WriteString("requested"u8, gap.Requested.ToString());
        json.WriteString("earliest"u8, gap.Earliest.ToString());
        json.WriteString("tail"u8, gap.Tail.ToString());
        json.WriteString("reason"u8, gap.Reason.ToWire());
    }
}
