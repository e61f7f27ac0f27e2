using System.Text;
using System.Text.Json;
using EventCluster.Protocol;

namespace EventCluster.TestKit.Subscribers;

/// <summary>The messages of <c>eventcluster.v1</c> as sightings: WebSocket and composite event streams share them.</summary>
internal static class MessageSightings
{
    /// <summary>What one message shows, in order.</summary>
    /// <exception cref="InvalidDataException">The message is none that a subscriber may see.</exception>
    public static IEnumerable<Sighting> Of(JsonElement message, PayloadKind kind)
    {
        switch (message.GetProperty("type").GetString())
        {
            case "hello" or "pong" or "ack":
                return [];
            case "subscribed":
                return [new Sighting.Position(Offset(message, "offset")) { Token = Text(message, "offset") }];
            case "events":
                return message.GetProperty("events").EnumerateArray().Select(item => Event(item, kind));
            case "gap":
                return [Gap(message, Offset(message, "offset"))];
            case "end":
                return [new Sighting.End(Offset(message, "offset")) { Token = Text(message, "offset") }];
            case "move":
                return [new Sighting.Move(message.GetProperty("delayMs").GetInt32())];
            case "error" when Text(message, "code") == "gap":
                return [Gap(message, continuedFrom: null)];
            case "error":
                return [new Sighting.Refused(message.GetProperty("status").GetInt32(), Text(message, "code"))];
            default:
                throw new InvalidDataException($"An unexpected message: {message}");
        }
    }

    private static Sighting.Event Event(JsonElement item, PayloadKind kind)
    {
        var payload = item.TryGetProperty("base64", out var base64) ? base64.GetBytesFromBase64()
            : Encoding.UTF8.GetBytes(
                kind == PayloadKind.Json ? item.GetProperty("data").GetRawText() : item.GetProperty("data").GetString()!);
        return new Sighting.Event(Offset(item, "offset"), payload) { Token = Text(item, "offset") };
    }

    private static Sighting.Gap Gap(JsonElement message, StreamOffset? continuedFrom) => new(
        Offset(message, "requested"), Offset(message, "earliest"), Offset(message, "tail"), Text(message, "reason"), continuedFrom)
    {
        Token = continuedFrom?.ToString(),
    };

    private static StreamOffset Offset(JsonElement members, string name) => StreamOffset.Parse(Text(members, name));

    private static string Text(JsonElement members, string name) => members.GetProperty(name).GetString()!;
}
