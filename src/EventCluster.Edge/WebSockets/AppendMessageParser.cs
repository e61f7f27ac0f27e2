using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;
using EventCluster.Abstractions.Streams;
using EventCluster.Edge.Http;
using EventCluster.Protocol;

namespace EventCluster.Edge.WebSockets;

/// <summary>Reads an <c>append</c>: its events have the shape in which <c>events</c> messages deliver them.</summary>
internal static class AppendMessageParser
{
    private const string ProducerRule =
        "producer must be {id, epoch, seq}: the id has 1 to 256 bytes and does not begin with __ec/, the others are whole numbers from 0 to 9007199254740991.";

    private const string EventRule =
        "Each event is {\"data\": …} or {\"base64\": \"…\"}: any JSON for application/json, a string or base64 for text types, "
        + "base64 for all others.";

    private static readonly JsonReaderOptions Options = new() { MaxDepth = EdgeLimits.MaxJsonDepth + 2 };

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
        fault ??= ReadEvents(fields, contentType.Kind, events, ref bytes);
        ProducerStamp? producer = null;
        fault ??= fields.Has(MessageField.Producer) && !TryProducer(fields.Raw(MessageField.Producer), out producer)
            ? new RequestFault(400, ErrorCode.InvalidProducer, ProducerRule)
            : null;
        var expected = default(StreamOffset);
        fault ??= fields.Has(MessageField.ExpectedOffset)
            && !StreamOffset.TryParse(fields.Text(MessageField.ExpectedOffset), out expected)
            ? new RequestFault(400, ErrorCode.InvalidOffset, "expectedOffset must be 20 characters of 0-9a-v.")
            : null;
        var streamSeq = fields.Text(MessageField.StreamSeq);
        fault ??= fields.Has(MessageField.StreamSeq) && !IsIdentifier(streamSeq)
            ? RequestFault.BadRequest($"streamSeq must be text of 1 to {ProtocolLimits.MaxProducerIdBytes} bytes.")
            : null;
        var close = fields.IsTrue(MessageField.Close);
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
            if (events.Count == ProtocolLimits.MaxEventsPerAppend)
            {
                return new RequestFault(
                    413, ErrorCode.TooLarge, $"An append has at most {ProtocolLimits.MaxEventsPerAppend} events.");
            }

            if (reader.TokenType != JsonTokenType.StartObject
                || PayloadOf(MessageFields.Read(text, ref reader), kind) is not { } payload)
            {
                return new RequestFault(400, ErrorCode.InvalidBody, EventRule);
            }

            if (payload.Length == 0)
            {
                return new RequestFault(400, ErrorCode.EmptyBody, "An event has at least one byte.");
            }

            if (payload.Length > ProtocolLimits.MaxEventBytes)
            {
                return new RequestFault(
                    413, ErrorCode.TooLarge,
                    $"An event has {payload.Length} bytes; at most {ProtocolLimits.MaxEventBytes} are allowed.");
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
            return item.Has(MessageField.Data) ? null : OfBase64(item.Text(MessageField.Base64), kind);
        }

        return kind switch
        {
            PayloadKind.Json when !item.Raw(MessageField.Data).IsEmpty => item.Raw(MessageField.Data).ToArray(),
            PayloadKind.Text when item.Text(MessageField.Data) is { } text => Encoding.UTF8.GetBytes(text),
            _ => null,
        };
    }

    private static byte[]? OfBase64(string? text, PayloadKind kind)
    {
        if (text is null || kind == PayloadKind.Json || !Base64.IsValid(text))
        {
            return null;
        }

        var bytes = Convert.FromBase64String(text);
        return kind != PayloadKind.Text || Utf8.IsValid(bytes) ? bytes : null;
    }

    private static bool TryProducer(ReadOnlySpan<byte> text, [NotNullWhen(true)] out ProducerStamp? producer)
    {
        producer = null;
        var reader = new Utf8JsonReader(text, Options);
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            return false;
        }

        var fields = MessageFields.Read(text, ref reader);
        if (fields.Text(MessageField.Id) is { } id && ProducerStamp.IsValidId(id)
            && fields.Number(MessageField.Epoch, 0, ProtocolLimits.MaxProducerNumber) is { } epoch
            && fields.Number(MessageField.Seq, 0, ProtocolLimits.MaxProducerNumber) is { } sequence)
        {
            producer = new ProducerStamp(id, epoch, sequence);
        }

        return producer is not null;
    }

    private static bool IsIdentifier(string? text) =>
        text is { Length: > 0 } && Encoding.UTF8.GetByteCount(text) <= ProtocolLimits.MaxProducerIdBytes;
}
