using System.Buffers.Text;
using System.Text;
using System.Text.Json;
using EventCluster.Abstractions.Streams;
using EventCluster.Edge.Http;
using EventCluster.Protocol;

namespace EventCluster.Edge.Messages;

/// <summary>Reads an <c>append</c>: its events have the shape in which <c>events</c> messages deliver them.</summary>
internal static class AppendMessageParser
{
    private const string ProducerRule =
        "producer must be {id, epoch, seq}: the id has 1 to 256 bytes and does not begin with __ec/, the others are whole numbers from 0 to 9007199254740991.";

    private const string EventRule =
        "Each event is {\"data\": …} or {\"base64\": \"…\"}: any JSON for application/json, a string or base64 for text types, "
        + "base64 for all others.";

    private static readonly RequestFault InvalidProducer = new(400, ErrorCode.InvalidProducer, ProducerRule);

    /// <summary>Two levels more than an event: the array of events and the object around a payload.</summary>
    private static readonly JsonReaderOptions Options = new() { MaxDepth = ProtocolLimits.MaxJsonDepth + 2 };

    /// <summary>Parses the members of an append; the payloads are copied.</summary>
    public static ClientMessage Parse(byte[]? id, StreamName stream, MessageFields fields)
    {
        var contentType = StreamContentType.Parse("application/json");
        RequestFault? fault = null;
        if (fields.Has(MessageField.ContentType)
            && !StreamContentType.TryParse(fields.Text(MessageField.ContentType) ?? "", out contentType))
        {
            fault = RequestFault.BadRequest(
                $"contentType must be a media type of at most {ProtocolLimits.MaxContentTypeBytes} visible ASCII characters.");
        }

        List<ReadOnlyMemory<byte>> events = [];
        var bytes = 0;
        fault ??= TryReadEvents(fields, contentType.Kind, events, ref bytes);
        ProducerStamp? producer = null;
        fault ??= fields.Has(MessageField.Producer) ? ReadProducer(fields.Raw(MessageField.Producer), out producer) : null;
        var expected = default(StreamOffset);
        fault ??= fields.Has(MessageField.ExpectedOffset)
            && !StreamOffset.TryParse(fields.Text(MessageField.ExpectedOffset), out expected)
            ? new RequestFault(400, ErrorCode.InvalidOffset, "expectedOffset must be 20 characters of 0-9a-v.")
            : null;
        var streamSeq = fields.Text(MessageField.StreamSeq);
        fault ??= fields.Has(MessageField.StreamSeq) && RequestRules.CheckStreamSeq(streamSeq ?? "") is { } invalid
            ? ErrorResponses.Of(invalid)
            : null;
        var close = fields.IsTrue(MessageField.Close);
        fault ??= fields.Has(MessageField.Close) && !close && !fields.IsFalse(MessageField.Close)
            ? RequestFault.BadRequest("close must be true or false.")
            : null;
        fault ??= events.Count == 0 && !close
            ? new RequestFault(400, ErrorCode.EmptyBody, "An append needs at least one event, or close: true.")
            : null;
        if (fault is not null)
        {
            return new ClientMessage.Refused(id, stream.Value, fault);
        }

        var request = new AppendRequest
        {
            ContentType = events.Count == 0 ? null : contentType,
            Events = events,
            Close = close,
            Producer = producer,
            StreamSeq = streamSeq,
            ExpectedOffset = expected == default ? null : expected,
        };
        return new ClientMessage.Append(id, stream, request, bytes);
    }

    private static RequestFault? TryReadEvents(
        MessageFields fields, PayloadKind kind, List<ReadOnlyMemory<byte>> events, ref int bytes)
    {
        try
        {
            return ReadEvents(fields, kind, events, ref bytes);
        }
        catch (JsonException e)
        {
            // The message is JSON, so the events are nested too deeply.
            return ErrorResponses.Of(EventPayload.NotJson(e));
        }
    }

    private static RequestFault? ReadEvents(
        MessageFields fields, PayloadKind kind, List<ReadOnlyMemory<byte>> events, ref int bytes)
    {
        if (!fields.Has(MessageField.Events))
        {
            return null;
        }

        var text = fields.Raw(MessageField.Events);
        var reader = new Utf8JsonReader(text, Options);
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartArray)
        {
            return new RequestFault(400, ErrorCode.InvalidBody, $"events must be an array. {EventRule}");
        }

        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (RequestRules.CheckCount(events.Count + 1) is { } tooMany)
            {
                return ErrorResponses.Of(tooMany);
            }

            if (reader.TokenType != JsonTokenType.StartObject)
            {
                return new RequestFault(400, ErrorCode.InvalidBody, EventRule);
            }

            var item = MessageFields.Read(text, ref reader);
            if (item.RepeatedFault is { } repeated)
            {
                return repeated;
            }

            if (PayloadOf(item, kind) is not { } payload)
            {
                return new RequestFault(400, ErrorCode.InvalidBody, EventRule);
            }

            // JSON was checked when the message was read; it can be too large or, as base64 of a text, no UTF-8.
            if ((kind == PayloadKind.Text ? EventPayload.Check(payload, kind) : EventPayload.CheckSize(payload.Length)) is { } invalid)
            {
                return ErrorResponses.Of(invalid);
            }

            bytes += payload.Length;
            events.Add(payload);
        }

        return null;
    }

    private static byte[]? PayloadOf(MessageFields item, PayloadKind kind)
    {
        if (item.Has(MessageField.Base64))
        {
            var text = item.Text(MessageField.Base64);
            return item.Has(MessageField.Data) || kind == PayloadKind.Json || text is null || !Base64.IsValid(text)
                ? null
                : Convert.FromBase64String(text);
        }

        return kind switch
        {
            PayloadKind.Json when !item.Raw(MessageField.Data).IsEmpty => item.Raw(MessageField.Data).ToArray(),
            PayloadKind.Text when item.Text(MessageField.Data) is { } text => Encoding.UTF8.GetBytes(text),
            _ => null,
        };
    }

    private static RequestFault? ReadProducer(ReadOnlySpan<byte> text, out ProducerStamp? producer)
    {
        producer = null;
        var reader = new Utf8JsonReader(text, Options);
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            return InvalidProducer;
        }

        var fields = MessageFields.Read(text, ref reader);
        if (fields.RepeatedFault is { } repeated)
        {
            return repeated;
        }

        if (fields.Text(MessageField.Id) is { } id && ProducerStamp.IsValidId(id)
            && fields.Number(MessageField.Epoch, 0, ProtocolLimits.MaxProducerNumber) is { } epoch
            && fields.Number(MessageField.Seq, 0, ProtocolLimits.MaxProducerNumber) is { } sequence)
        {
            producer = new ProducerStamp(id, epoch, sequence);
        }

        return producer is null ? InvalidProducer : null;
    }

    private static bool IsIdentifier(string? text) =>
        text is { Length: > 0 } && Encoding.UTF8.GetByteCount(text) <= ProtocolLimits.MaxProducerIdBytes;
}
