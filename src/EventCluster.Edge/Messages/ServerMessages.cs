using System.Text.Encodings.Web;
using System.Text.Json;
using EventCluster.Abstractions;
using EventCluster.Abstractions.Streams;
using EventCluster.Delivery.Framing;
using EventCluster.Edge.Http;
using EventCluster.Edge.Sessions;
using EventCluster.Protocol;

namespace EventCluster.Edge.Messages;

/// <summary>The messages of the server (docs/PROTOCOL.md, WebSocket); a sink puts each into the connection's framing.</summary>
internal sealed class ServerMessages(IMessageSink sink, FrameWriter frames) : ISessionOutput
{
    /// <summary>The WebSocket subprotocol of these messages.</summary>
    public const string Subprotocol = "eventcluster.v1";

    private const int HeadBytes = 1024;

    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Names of the largest size, escaped to twice that, fit the smallest <c>maxMessageBytes</c>.</summary>
    private const int MovesPerSmallMessage =
        (EdgeLimits.SmallestMaxMessageBytes - 128) / ((2 * ProtocolLimits.MaxStreamNameBytes) + 64);

    /// <summary>What the client sent as its position, where that was none; repeated in gaps.</summary>
    public string? SentPosition { get; init; }

    /// <inheritdoc />
    public long Unflushed => sink.Unflushed;

    /// <summary>What stands behind the elements of an <c>events</c> message.</summary>
    public static ReadOnlySpan<byte> EventsSuffix => "]}"u8;

    /// <summary>Told when the client learns that a subscription began, or did not.</summary>
    public Action<Subscription>? Answered { get; set; }

    public void Hello(Durability durability, TimeSpan heartbeat) => Send("hello"u8, json =>
    {
        json.WriteString("protocol"u8, Subprotocol);
        json.WriteString("durability"u8, ResponseHeaders.DurabilityOf(durability).ToString());
        json.WriteNumber("heartbeatSeconds"u8, (int)heartbeat.TotalSeconds);
        json.WriteStartObject("limits"u8);
        json.WriteNumber("messageBytes"u8, EdgeLimits.MaxWebSocketMessageBytes);
        json.WriteNumber("eventBytes"u8, ProtocolLimits.MaxEventBytes);
        json.WriteNumber("eventsPerAppend"u8, ProtocolLimits.MaxEventsPerAppend);
        json.WriteNumber("subscriptions"u8, EdgeLimits.MaxStreamsPerSession);
        json.WriteNumber("appendsInFlight"u8, EdgeLimits.MaxAppendsInFlight);
        json.WriteEndObject();
    });

    /// <inheritdoc />
    public void Subscribed(Subscription subscription, StreamDescriptor stream, bool isConfirmed = true)
    {
        subscription.Framing = FramingOf(subscription, stream);
        Send("subscribed"u8, json =>
        {
            WriteId(json, subscription.Id);
            json.WriteString("stream"u8, subscription.Name.Value);
            json.WriteString("offset"u8, subscription.Position.ToString());
            json.WriteString("earliest"u8, stream.Earliest.ToString());
            if (isConfirmed)
            {
                json.WriteString("tail"u8, stream.Tail.ToString());
            }

            json.WriteString("contentType"u8, stream.ContentType.Original);
            if (stream.Closed && isConfirmed)
            {
                json.WriteBoolean("closed"u8, true);
            }
        });
        Answered?.Invoke(subscription);
    }

    /// <inheritdoc />
    public StreamOffset Events(Subscription subscription, ReadOutcome.Batch batch, int maxBytes)
    {
        using var message = new MessageBuffer();
        var prefix = PrefixOf(subscription);

        // A stream that was deleted and made again may have another type.
        subscription.Framing = FramingOf(subscription, batch.Descriptor);
        if (subscription.Options.MaxMessageBytes is > 0 and var limit)
        {
            // The comma before the first element counts in its frame and is not written.
            var most = limit - prefix.Length - EventsSuffix.Length;
            if (LargeFrame.IsCertain(batch.Slices[0].Block, batch.Slices[0].Start)
                || frames.FirstElementBytes(batch, subscription.Framing) > most)
            {
                return batch.From;
            }

            maxBytes = Math.Min(maxBytes, most);
        }

        prefix.CopyTo(message.GetSpan(prefix.Length));
        message.Advance(prefix.Length);
        var next = frames.Write(message, batch, subscription.Framing, maxBytes, sink.MaxFrameBytes);
        if (next == batch.From)
        {
            return next;
        }

        EventsSuffix.CopyTo(message.GetSpan(EventsSuffix.Length));
        message.Advance(EventsSuffix.Length);
        subscription.Position = next;
        sink.Put("events"u8, message);
        return next;
    }

    /// <inheritdoc />
    public LargeEvent Large(Subscription subscription, ReadOutcome.Batch batch)
    {
        using var head = new FrameBuffer(HeadBytes);
        subscription.Framing = FramingOf(subscription, batch.Descriptor);

        // A cursor in the head is that after the event; the subscription itself is there when the client took it.
        var position = subscription.Position;
        subscription.Position = batch.Descriptor.Incarnations.OffsetAfter(batch.From.Sequence + 1);
        sink.WriteLargeHead(head, PrefixOf(subscription));
        subscription.Position = position;
        return LargeFrame.OfMessage(batch, subscription.Framing, head, [.. EventsSuffix, .. sink.LargeTail], sink.LargeJson);
    }

    /// <inheritdoc />
    public void Part(LargeEvent large, int maxBytes) => sink.PutPart(large, maxBytes);

    /// <inheritdoc />
    public void Gap(Subscription subscription, StreamGap gap) => Send("gap"u8, json =>
    {
        json.WriteString("stream"u8, subscription.Name.Value);
        json.WriteString("offset"u8, subscription.Position.ToString());
        GapJson.WriteMembers(json, gap, SentPosition);
    });

    /// <inheritdoc />
    public void End(Subscription subscription, StreamOffset final) => Send("end"u8, json =>
    {
        json.WriteString("stream"u8, subscription.Name.Value);
        json.WriteString("offset"u8, final.ToString());
        json.WriteString("reason"u8, subscription.Ending.ToWire());
    });

    /// <inheritdoc />
    public void Failed(Subscription subscription, RequestFault fault)
    {
        Error(subscription.IsOpen ? null : subscription.Id, subscription.Name.Value, fault);
        Answered?.Invoke(subscription);
    }

    /// <summary>An unsubscribe is done: nothing of the stream follows.</summary>
    public void Unsubscribed(byte[]? id, Subscription subscription) => Send("ack"u8, json =>
    {
        WriteId(json, id);
        json.WriteString("stream"u8, subscription.Name.Value);
        if (subscription.IsOpen)
        {
            json.WriteString("offset"u8, subscription.Position.ToString());
        }
    });

    /// <summary>An append is committed, or was before.</summary>
    public void Appended(byte[]? id, StreamName stream, StreamOffset tail, bool isDuplicate, bool isClosed, Durability durability) =>
        Send("ack"u8, json =>
        {
            WriteId(json, id);
            json.WriteString("stream"u8, stream.Value);
            json.WriteString("offset"u8, tail.ToString());
            json.WriteString("durability"u8, ResponseHeaders.DurabilityOf(durability).ToString());
            if (isDuplicate)
            {
                json.WriteBoolean("duplicate"u8, true);
            }

            if (isClosed)
            {
                json.WriteBoolean("closed"u8, true);
            }
        });

    /// <summary>What a stream is, without reading it.</summary>
    public void Described(StreamDescriptor stream) => Send("stream"u8, json =>
    {
        json.WriteString("stream"u8, stream.Name.Value);
        json.WriteString("contentType"u8, stream.ContentType.Original);
        json.WriteString("earliest"u8, stream.Earliest.ToString());
        json.WriteString("tail"u8, stream.Tail.ToString());
        json.WriteBoolean("closed"u8, stream.Closed);
        WriteNumber(json, "ttl"u8, stream.TtlSeconds);
        if (stream.ExpiresAt is { } expires)
        {
            json.WriteString("expiresAt"u8, Rfc3339.Format(expires));
        }

        WriteNumber(json, "retainEvents"u8, stream.Retention.Events);
        WriteNumber(json, "retainBytes"u8, stream.Retention.Bytes);
        WriteNumber(json, "retainAge"u8, stream.Retention.AgeSeconds);
    });

    /// <summary>A refusal, with what the HTTP answer would say in its body and headers.</summary>
    public void Error(byte[]? id, string? stream, RequestFault fault) => Send("error"u8, json =>
    {
        WriteId(json, id);
        if (stream is not null)
        {
            json.WriteString("stream"u8, stream);
        }

        json.WriteString("code"u8, fault.Code.Value);
        json.WriteNumber("status"u8, fault.Status);
        json.WriteString("detail"u8, fault.Detail);
        if (fault.Gap is { } gap)
        {
            GapJson.WriteMembers(json, gap);
            json.WriteString("offset"u8, fault.Resume.ToString());
        }

        if (fault.Skip is { } skip)
        {
            json.WriteString("offset"u8, skip.From.ToString());
            json.WriteString("next"u8, skip.To.ToString());
        }

        FaultMembers.Write(json, fault);
    });

    public void Ping() => Send("ping"u8, static _ => { });

    public void Pong(byte[]? id) => Send("pong"u8, json => WriteId(json, id));

    /// <summary>Reconnect elsewhere, or here later, from these positions.</summary>
    /// <remarks>Several messages where one would be larger than a client with <c>maxMessageBytes</c> takes.</remarks>
    public void Move(IEnumerable<Subscription> subscriptions, int delayMilliseconds, string reason)
    {
        var open = subscriptions.Where(static subscription => subscription.IsOpen).ToArray();
        var perMessage = Array.Exists(open, static subscription => subscription.Options.MaxMessageBytes > 0)
            ? MovesPerSmallMessage
            : Math.Max(open.Length, 1);
        for (var i = 0; i == 0 || i < open.Length; i += perMessage)
        {
            MoveSome(open.AsMemory(i, Math.Min(perMessage, open.Length - i)), delayMilliseconds, reason);
        }
    }

    private void MoveSome(ReadOnlyMemory<Subscription> subscriptions, int delayMilliseconds, string reason) => Send("move"u8, json =>
    {
        json.WriteStartArray("offsets"u8);
        foreach (var subscription in subscriptions.Span)
        {
            json.WriteStartObject();
            json.WriteString("stream"u8, subscription.Name.Value);
            json.WriteString("offset"u8, subscription.Position.ToString());
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteNumber("delayMs"u8, delayMilliseconds);
        json.WriteString("reason"u8, reason);
    });

    private static SseFraming FramingOf(Subscription subscription, StreamDescriptor stream) =>
        subscription.Options.Base64 ? SseFraming.MessageBase64 : stream.ContentType.Kind switch
        {
            PayloadKind.Json => SseFraming.MessageJson,
            PayloadKind.Text => SseFraming.MessageText,
            _ => SseFraming.MessageBase64,
        };

    /// <summary>What stands before the elements of an <c>events</c> message.</summary>
    public static byte[] PrefixOf(Subscription subscription) => subscription.Prefix ??= EventsPrefix(subscription.Name);

    private static byte[] EventsPrefix(StreamName stream) =>
        [.. "{\"type\":\"events\",\"stream\":\""u8, .. JsonEncodedText.Encode(stream.Value, Options.Encoder).EncodedUtf8Bytes,
            .. "\",\"events\":["u8];

    private static void WriteId(Utf8JsonWriter json, byte[]? id)
    {
        if (id is not null)
        {
            json.WritePropertyName("id"u8);
            json.WriteRawValue(id, skipInputValidation: true);
        }
    }

    private static void WriteNumber(Utf8JsonWriter json, ReadOnlySpan<byte> name, long? value)
    {
        if (value is { } number)
        {
            json.WriteNumber(name, number);
        }
    }

    private void Send(ReadOnlySpan<byte> type, Action<Utf8JsonWriter> members)
    {
        using var message = new MessageBuffer();
        using (var json = new Utf8JsonWriter(message, Options))
        {
            json.WriteStartObject();
            json.WriteString("type"u8, type);
            members(json);
            json.WriteEndObject();
        }

        sink.Put(type, message);
    }
}
