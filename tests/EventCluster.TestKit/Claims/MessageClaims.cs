using System.Text.Json;
using EventCluster.Protocol;

namespace EventCluster.TestKit.Claims;

/// <summary>What messages of WebSocket and SignalR claim.</summary>
internal static class MessageClaims
{
    /// <summary>Of <c>subscribed</c>, of a description, or of an error.</summary>
    /// <exception cref="InvalidDataException">An error that no fault excuses.</exception>
    public static Claim Of(JsonElement message)
    {
        if (message.TryGetProperty("code", out var code))
        {
            return code.GetString() switch
            {
                "not_found" or "gone" => Claim.Missing,

                // The position that the client knew is lost, which says nothing about the tail.
                "gap" => Claim.None,
                _ when message.TryGetProperty("status", out var status) && status.GetInt32() == 503 => Claim.None,
                _ => throw new InvalidDataException($"{message}"),
            };
        }

        return message.TryGetProperty("tail", out var tail)
            ? Claim.Tail(
                StreamOffset.Parse(tail.GetString()),
                message.TryGetProperty("closed", out var closed) && closed.GetBoolean())
            : Claim.None;
    }
}
