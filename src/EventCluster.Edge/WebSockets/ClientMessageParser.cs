using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using EventCluster.Edge.Http;
using EventCluster.Edge.Sessions;
using EventCluster.Protocol;

namespace EventCluster.Edge.WebSockets;

/// <summary>
/// Turns the text of a message into what it asks for. What is no message of the subprotocol is a violation; a message whose
/// members break a rule is <see cref="ClientMessage.Refused"/>, and the connection goes on.
/// </summary>
internal static class ClientMessageParser
{
    // One level for the message, two for the array of events and the event around a payload.
    private static readonly JsonReaderOptions Options = new() { MaxDepth = EdgeLimits.MaxJsonDepth + 3 };

    /// <summary>Parses a message.</summary>
    /// <param name="text">Valid UTF-8; nothing of it is kept.</param>
    /// <param name="message">The message.</param>
    /// <param name="violation">What was wrong.</param>
    public static bool TryParse(
        ReadOnlySpan<byte> text, [NotNullWhen(true)] out ClientMessage? message, [NotNullWhen(false)] out string? violation)
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
            return TryBuild(fields, out message, out violation);
        }
        catch (JsonException)
        {
            violation = "A message is not valid JSON, or nested too deeply.";
            return false;
        }
    }

    private static bool TryBuild(
        MessageFields fields, [NotNullWhen(true)] out ClientMessage? message, [NotNullWhen(false)] out string? violation)
    {
        message = null;
        var id = fields.Raw(MessageField.Id);
        if (!id.IsEmpty && (id.Length > EdgeLimits.MaxMessageIdBytes || !(id[0] == '"' || id[0] == '-' || char.IsAsciiDigit((char)id[0]))))
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
            "subscribe" or "unsubscribe" or "append" or "credit" => OfStream(type, echo, fields),
            _ => null,
        };
        violation = message is null ? $"No message has the type '{Shown(type)}'." : null;
        return message is not null;
    }

    private static ClientMessage OfStream(string type, byte[]? id, MessageFields fields)
    {
        var text = fields.Text(MessageField.Stream);
        if (!StreamName.TryParse(text, out var stream, out var error))
        {
            return new ClientMessage.Refused(id, null, new RequestFault(400, ErrorCode.InvalidName, $"stream: {error}"));
        }

        return type switch
        {
            "subscribe" => TrySubscribe(fields, out var options, out var fault)
                ? new ClientMessage.Subscribe(id, stream, options)
                : new ClientMessage.Refused(id, stream.Value, fault),
            "append" => AppendMessageParser.Parse(id, stream, fields),
            "credit" => fields.Number(MessageField.Bytes, 1, ProtocolLimits.MaxProducerNumber) is { } bytes
                ? new ClientMessage.Credit(id, stream, bytes)
                : new ClientMessage.Refused(
                    id, stream.Value, RequestFault.BadRequest("bytes must be a whole number from 1 to 9007199254740991.")),
            _ => new ClientMessage.Unsubscribe(id, stream),
        };
    }

    private static bool TrySubscribe(
        MessageFields fields, out SubscribeOptions options, [NotNullWhen(false)] out RequestFault? fault)
    {
        options = default;
        if (!TryStart(fields, out var start, out fault))
        {
            return false;
        }

        var onGap = GapPolicy.Default;
        if (fields.Has(MessageField.OnGap) && !TryGapPolicy(fields.Text(MessageField.OnGap), out onGap))
        {
            fault = RequestFault.BadRequest("onGap must be signal, latest or fail.");
            return false;
        }

        var base64 = fields.Has(MessageField.Encoding);
        if (base64 && fields.Text(MessageField.Encoding) is not "base64")
        {
            fault = RequestFault.BadRequest("encoding must be base64.");
            return false;
        }

        var credit = fields.Number(MessageField.Credit, 0, ProtocolLimits.MaxProducerNumber);
        if (credit is null && fields.Has(MessageField.Credit))
        {
            fault = RequestFault.BadRequest("credit must be a whole number from 0 to 9007199254740991.");
            return false;
        }

        options = new SubscribeOptions(start, onGap, base64, credit);
        return true;
    }

    private static bool TryStart(MessageFields fields, out ReadStart start, [NotNullWhen(false)] out RequestFault? fault)
    {
        start = default;
        fault = null;
        var hasOffset = fields.Has(MessageField.Offset);
        if (hasOffset && !ReadStart.TryParseOffset(fields.Text(MessageField.Offset), out start))
        {
            fault = new RequestFault(400, ErrorCode.InvalidOffset, ReadStart.OffsetRule);
        }
        else if (fields.Has(MessageField.Last))
        {
            if (hasOffset)
            {
                fault = RequestFault.BadRequest("offset and last exclude each other.");
            }
            else if (fields.Number(MessageField.Last, 1, ProtocolLimits.MaxReadAnswerEvents) is { } last)
            {
                start = new ReadStart(StartKind.Last, Last: (int)last);
            }
            else
            {
                fault = RequestFault.BadRequest($"last must be 1 to {ProtocolLimits.MaxReadAnswerEvents} events.");
            }
        }

        return fault is null;
    }

    private static bool TryGapPolicy(string? text, out GapPolicy policy)
    {
        policy = text switch
        {
            "signal" => GapPolicy.Signal,
            "latest" => GapPolicy.Latest,
            "fail" => GapPolicy.Fail,
            _ => GapPolicy.Default,
        };
        return policy != GapPolicy.Default;
    }

    /// <summary>Enough of a client's text for a close reason.</summary>
    private static string Shown(string? text) =>
        text is null ? "" : text.Length <= 32 ? text : string.Concat(text.AsSpan(0, 32), "…");
}
