using System.Text.Json;
using EventCluster.Edge.Http;
using EventCluster.Protocol;

namespace EventCluster.Edge.Messages;

/// <summary>What an HTTP refusal says in headers, as members of an <c>error</c> message.</summary>
internal static class FaultMembers
{
    public static void Write(Utf8JsonWriter json, RequestFault fault)
    {
        foreach (var (header, value) in fault.Headers)
        {
            switch (header)
            {
                case HeaderNames.Closed:
                    json.WriteBoolean("closed"u8, true);
                    break;
                case HeaderNames.NextOffset when fault.Gap is null:
                    json.WriteString("tail"u8, value);
                    break;
                case HeaderNames.ProducerEpoch:
                    WriteNumber(json, "epoch", value);
                    break;
                case HeaderNames.ProducerExpectedSeq:
                    WriteNumber(json, "expectedSeq", value);
                    break;
                case HeaderNames.ProducerReceivedSeq:
                    WriteNumber(json, "receivedSeq", value);
                    break;
                case "Retry-After":
                    WriteNumber(json, "retryMs", value + "000");
                    break;
            }
        }
    }

    private static void WriteNumber(Utf8JsonWriter json, string name, string digits)
    {
        json.WritePropertyName(name);
        json.WriteRawValue(digits);
    }
}
