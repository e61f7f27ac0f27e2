using System.Text.Json;
using System.Text.Unicode;

namespace EventCluster.Protocol;

/// <summary>
/// What the payload of one event must be. Every way in asks here: HTTP, WebSocket, SignalR, clients of grains, and copies
/// from another store.
/// </summary>
public static class EventPayload
{
    private static readonly JsonReaderOptions JsonOptions = new() { MaxDepth = ProtocolLimits.MaxJsonDepth };

    /// <summary>Checks a payload; null when it may be stored.</summary>
    /// <param name="payload">The payload as it would be stored.</param>
    /// <param name="kind">What the content type of its stream demands.</param>
    public static Refusal? Check(ReadOnlySpan<byte> payload, PayloadKind kind) =>
        CheckSize(payload.Length) ?? kind switch
        {
            PayloadKind.Json => CheckText(payload) ?? CheckJson(payload),
            PayloadKind.Text => CheckText(payload),
            _ => null,
        };

    /// <summary>Checks a size: 1 to <see cref="ProtocolLimits.MaxEventBytes"/> bytes.</summary>
    public static Refusal? CheckSize(int bytes) => bytes switch
    {
        0 => new Refusal(ErrorCode.EmptyBody, "An event has 0 bytes; at least 1 is needed."),
        > ProtocolLimits.MaxEventBytes => new Refusal(
            ErrorCode.TooLarge, $"An event has {bytes} bytes; at most {ProtocolLimits.MaxEventBytes} are allowed."),
        _ => null,
    };

    /// <summary>Checks the encoding that text and JSON need.</summary>
    public static Refusal? CheckText(ReadOnlySpan<byte> payload) => Utf8.IsValid(payload)
        ? null
        : new Refusal(
            ErrorCode.InvalidBody, "An event is not valid UTF-8, which the content type of the stream demands.");

    /// <summary>The refusal of text that is not JSON, or nested too deeply.</summary>
    public static Refusal NotJson(JsonException reason)
    {
        ArgumentNullException.ThrowIfNull(reason);
        return new Refusal(ErrorCode.InvalidBody, $"An event is not valid JSON: {reason.Message}");
    }

    private static Refusal? CheckJson(ReadOnlySpan<byte> payload)
    {
        try
        {
            var reader = new Utf8JsonReader(payload, JsonOptions);
            reader.Read();
            reader.Skip();

            // Anything but white space behind the value is reported by this.
            reader.Read();
            return null;
        }
        catch (JsonException e)
        {
            return NotJson(e);
        }
    }
}
