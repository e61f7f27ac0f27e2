using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using EventCluster.Edge.Http;
using EventCluster.Protocol;

namespace EventCluster.Edge.Messages;

/// <summary>
/// Turns the text of a message into what it asks for. What is no message of the subprotocol is a violation; a message whose
/// members break a rule is <see cref="ClientMessage.Refused"/>, and the connection goes on.
/// </summary>
internal static class ClientMessageParser
{
    private static readonly JsonReaderOptions Options = new() { MaxDepth = EdgeLimits.MaxMessageDepth };

    /// <summary>The refusal of an append for which there is no memory.</summary>
    public static readonly RequestFault NoMemory = new(
        503, ErrorCode.Overloaded, "The memory for messages is used up; nothing was done. Try again in a moment.");

    /// <summary>Parses a message.</summary>
    /// <param name="text">Valid UTF-8; nothing of it is kept.</param>
    /// <param name="hasMemory">Whether the copies that an append needs are reserved; it is refused otherwise.</param>
    /// <param name="message">The message.</param>
    /// <param name="violation">What was wrong.</param>
    public static bool TryParse(
        ReadOnlySpan<byte> text,
        bool hasMemory,
        [NotNullWhen(true)] out ClientMessage? message,
        [NotNullWhen(false)] out string? violation)
    {
        message = null;
        try
        {
            var reader = new Utf8JsonReader(text, Options);
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
            {
                violation = "A message is one JSON object.";
                return false;
            }

            var fields = MessageFields.Read(text, ref reader);
            reader.Read();
            return TryBuild(fields, hasMemory, out message, out violation);
        }
        catch (JsonException)
        {
            violation = "A message is not valid JSON, or nested too deeply.";
            return false;
        }
    }

    private static bool TryBuild(
        MessageFields fields,
        bool hasMemory,
        [NotNullWhen(true)] out ClientMessage? message,
        [NotNullWhen(false)] out string? violation)
    {
        message = null;
        if (fields.Repeated is MessageField.Type or MessageField.Id)
        {
            violation = fields.RepeatedFault!.Detail;
            return false;
        }

        var id = fields.Has(MessageField.Id) ? fields.Raw(MessageField.Id) : default;
        if (!id.IsEmpty && (id.Length > EdgeLimits.MaxMessageIdBytes + (id[0] == '"' ? "\"\"".Length : 0) || !(id[0] == '"' || id[0] == '-' || char.IsAsciiDigit((char)id[0]))))
        {
            violation = $"An id is a string or a number of at most {EdgeLimits.MaxMessageIdBytes} bytes.";
            return false;
        }

        var echo = id.IsEmpty ? null : id.ToArray();
        var type = fields.Text(MessageField.Type);
        message = type switch
        {
            "ping" => new ClientMessage.Ping(echo),
            "pong" => new ClientMessage.Pong(echo),
            "subscribe" or "unsubscribe" or "append" or "credit" => OfStream(type, echo, fields, hasMemory),
            _ => null,
        };
        violation = message is null
            ? $"Unknown type '{Shown(type)}'; types: subscribe, unsubscribe, append, credit, ping, pong." : null;
        return message is not null;
    }

    private static ClientMessage OfStream(string type, byte[]? id, MessageFields fields, bool hasMemory)
    {
        var text = fields.Text(MessageField.Stream);
        if (fields.RepeatedFault is { } repeated)
        {
            return new ClientMessage.Refused(id, fields.Repeated == MessageField.Stream ? null : text, repeated);
        }

        if (!StreamName.TryParse(text, out var stream, out var error))
        {
            return new ClientMessage.Refused(id, null, new RequestFault(400, ErrorCode.InvalidName, $"stream: {error}"));
        }

        return type switch
        {
            "subscribe" => SubscribeFields.TryParse(fields, out var options, out var fault)
                && (fault = SubscribeFields.Misplaced(fields)) is null
                ? new ClientMessage.Subscribe(id, stream, options)
                : new ClientMessage.Refused(id, stream.Value, fault),
            "append" when !hasMemory => new ClientMessage.Refused(id, stream.Value, NoMemory),
            "append" => AppendMessageParser.Parse(id, stream, fields),
            "credit" => fields.Number(MessageField.Bytes, 1, ProtocolLimits.MaxProducerNumber) is { } bytes
                ? new ClientMessage.Credit(id, stream, bytes)
                : new ClientMessage.Refused(
                    id, stream.Value, RequestFault.BadRequest("bytes must be a whole number from 1 to 9007199254740991.")),
            _ => new ClientMessage.Unsubscribe(id, stream),
        };
    }

    /// <summary>Enough of a client's text for a close reason.</summary>
    private static string Shown(string? text) =>
        text is null ? "" : text.Length <= 32 ? text : string.Concat(text.AsSpan(0, 32), "…");
}
