using System.Globalization;
using System.Text;
using EventCluster.Protocol;

namespace EventCluster.Abstractions.Streams;

/// <summary>
/// What a create and an append must be, whichever way they come in. The first node of the product that sees a request asks
/// here: the edge for HTTP, WebSocket and SignalR, the silo for clients of grains.
/// </summary>
public static class RequestRules
{
    private const string ProducerRule =
        "A producer has an id of 1 to 256 bytes of UTF-8 that does not begin with __ec/, and an epoch and a sequence from 0 to 9007199254740991";

    /// <summary>Checks an append; null when it may be decided.</summary>
    /// <param name="request">The append.</param>
    /// <param name="kind">What the content type of the stream demands.</param>
    /// <param name="maxBytes">Most payload bytes of one append.</param>
    /// <param name="maxEvents">Most events of one append.</param>
    public static Refusal? Check(
        AppendRequest request, PayloadKind kind, long maxBytes, int maxEvents = ProtocolLimits.MaxEventsPerAppend)
    {
        ArgumentNullException.ThrowIfNull(request);
        if (request.Events.Count == 0 && !request.Close)
        {
            return new Refusal(ErrorCode.EmptyBody, "An append has no events; it needs at least one, or closes the stream.");
        }

        return Check(request.Producer)
            ?? (request.StreamSeq is { } streamSeq ? CheckStreamSeq(streamSeq) : null)
            ?? CheckEvents(request.Events, kind, maxBytes, maxEvents);
    }

    /// <summary>Checks a create; null when it may be decided.</summary>
    /// <param name="request">The create.</param>
    /// <param name="kind">What its content type, or for a fork its source's, demands.</param>
    /// <param name="maxBytes">Most payload bytes of its initial events.</param>
    /// <param name="maxEvents">Most initial events.</param>
    /// <param name="now">The time that its lifetime is compared with; null where that is not known.</param>
    public static Refusal? Check(
        CreateRequest request,
        PayloadKind kind,
        long maxBytes,
        int maxEvents = ProtocolLimits.MaxEventsPerAppend,
        DateTimeOffset? now = null)
    {
        ArgumentNullException.ThrowIfNull(request);
        if (request.ContentType is { } contentType && CheckType(contentType) is { } form)
        {
            return form;
        }

        if (request.TtlSeconds is not null && request.ExpiresAt is not null)
        {
            return new Refusal(ErrorCode.BadRequest, "A time to live and an expiry exclude each other; both were sent.");
        }

        if (request.TtlSeconds is { } ttl && ttl is < 0 or > ProtocolLimits.MaxTtlSeconds)
        {
            return new Refusal(
                ErrorCode.BadRequest, $"The time to live is {ttl} seconds; 1 to {ProtocolLimits.MaxTtlSeconds} are allowed.");
        }

        if (request.RequestId is { Length: 0 or > CreateRequest.MaxRequestIdChars } id)
        {
            return new Refusal(
                ErrorCode.BadRequest, $"The request id has {id.Length} characters; 1 to {CreateRequest.MaxRequestIdChars} are allowed.");
        }

        // A time to live of 0 needs no clock to be refused; no expiry is in the past of the first instant.
        if (CheckLifetime(request.TtlSeconds, request.ExpiresAt, now ?? DateTimeOffset.MinValue) is { } over)
        {
            return over;
        }

        return Check(request.Retention) ?? Check(request.Fork) ?? CheckEvents(request.Events, kind, maxBytes, maxEvents);
    }

    /// <summary>
    /// Checks that a content type is not what forms and <c>curl -d</c> send when none is named: a stream keeps its type for its
    /// lifetime. Null when it is not.
    /// </summary>
    /// <param name="contentType">The type of a stream to be.</param>
    public static Refusal? CheckType(StreamContentType contentType) => contentType.IsForm
        ? new Refusal(
            ErrorCode.UnsupportedMediaType,
            $"No stream is created with the type '{contentType.MediaType}', which forms send when none is named; name the type of the "
            + "events: application/json, text/plain; charset=utf-8, or application/octet-stream for bytes of any kind.")
        : null;

    /// <summary>
    /// Checks that a stream is not over when it begins, which helps no client: most often a clock or a unit is wrong. Null
    /// when it is not.
    /// </summary>
    /// <param name="ttlSeconds">The time to live.</param>
    /// <param name="expiresAt">The expiry.</param>
    /// <param name="now">The time.</param>
    public static Refusal? CheckLifetime(long? ttlSeconds, DateTimeOffset? expiresAt, DateTimeOffset now)
    {
        if (ttlSeconds == 0)
        {
            return new Refusal(
                ErrorCode.BadRequest, "The time to live is 0, so the stream would end at once; it must be at least 1 second.");
        }

        return expiresAt <= now
            ? new Refusal(
                ErrorCode.BadRequest,
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"The expiry {expiresAt:yyyy-MM-dd'T'HH:mm:ss'Z'} is in the past; it must be later than {now:yyyy-MM-dd'T'HH:mm:ss'Z'}."))
            : null;
    }

    /// <summary>Checks limits of retention; null when they may be set.</summary>
    public static Refusal? Check(RetentionLimits limits)
    {
        ArgumentNullException.ThrowIfNull(limits);
        return CheckLimit("events", limits.Events, ProtocolLimits.MaxProducerNumber)
            ?? CheckLimit("bytes", limits.Bytes, ProtocolLimits.MaxProducerNumber)
            ?? CheckLimit("age in seconds", limits.AgeSeconds, ProtocolLimits.MaxTtlSeconds);
    }

    /// <summary>Checks a <c>Stream-Seq</c>: 1 to 256 bytes of UTF-8.</summary>
    public static Refusal? CheckStreamSeq(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return IsIdentifier(text)
            ? null
            : new Refusal(
                ErrorCode.BadRequest, $"The stream sequence has {text.Length} characters; 1 to {ProtocolLimits.MaxProducerIdBytes} bytes of UTF-8 are allowed.");
    }

    /// <summary>Checks the number, the sum and each payload of the events of one request.</summary>
    public static Refusal? CheckEvents(
        IReadOnlyList<ReadOnlyMemory<byte>> events, PayloadKind kind, long maxBytes, int maxEvents = ProtocolLimits.MaxEventsPerAppend)
    {
        ArgumentNullException.ThrowIfNull(events);
        if (CheckCount(events.Count, maxEvents) is { } tooMany)
        {
            return tooMany;
        }

        long bytes = 0;
        for (var i = 0; i < events.Count; i++)
        {
            bytes += events[i].Length;
            if (EventPayload.Check(events[i].Span, kind) is { } invalid)
            {
                return events.Count == 1 ? invalid : invalid with { Detail = $"Event {i + 1} of {events.Count}: {invalid.Detail}" };
            }
        }

        return bytes <= maxBytes
            ? null
            : new Refusal(
                ErrorCode.TooLarge, $"The events have {bytes} bytes together; at most {maxBytes} are allowed. Send several appends.");
    }

    /// <summary>Checks the number of events of one request.</summary>
    public static Refusal? CheckCount(int events, int maxEvents = ProtocolLimits.MaxEventsPerAppend) => events <= maxEvents
        ? null
        : new Refusal(
            ErrorCode.TooLarge, $"An append has more than {maxEvents} events, the most that are allowed; send several appends.");

    private static Refusal? Check(ProducerStamp? producer)
    {
        if (producer is null || (IsIdentifier(producer.Id) && ProducerStamp.IsValidId(producer.Id) && IsNumber(producer.Epoch) && IsNumber(producer.Sequence)))
        {
            return null;
        }

        return new Refusal(
            ErrorCode.InvalidProducer,
            $"{ProducerRule}; the id has {producer.Id?.Length ?? 0} characters, the epoch is {producer.Epoch}, the sequence {producer.Sequence}.");
    }

    private static Refusal? Check(ForkSpec? fork)
    {
        if (fork is null || (fork.SubOffset is >= 0 and <= ProtocolLimits.MaxProducerNumber && !(fork.FromStart && fork.Offset is not null)))
        {
            return null;
        }

        return new Refusal(
            ErrorCode.InvalidFork,
            $"A fork begins at an offset or at the start, and its sub-offset is 0 to {ProtocolLimits.MaxProducerNumber}; the sub-offset is {fork.SubOffset}.");
    }

    private static Refusal? CheckLimit(string what, long? value, long most) => value is null or RetentionLimits.Unlimited || (value >= 1 && value <= most)
        ? null
        : new Refusal(ErrorCode.BadRequest, $"The retention limit of {what} is {value}; 1 to {most} are allowed.");

    private static bool IsNumber(long value) => value is >= 0 and <= ProtocolLimits.MaxProducerNumber;

    private static bool IsIdentifier(string? text) =>
        text is { Length: > 0 and <= ProtocolLimits.MaxProducerIdBytes } && StrictLength(text) is > 0 and <= ProtocolLimits.MaxProducerIdBytes;

    /// <summary>Bytes of UTF-8, or -1 for half a surrogate pair, which no way in but this one could bring.</summary>
    private static int StrictLength(string text)
    {
        for (var i = 0; i < text.Length; i++)
        {
            if (char.IsSurrogate(text[i]))
            {
                if (!char.IsSurrogatePair(text, i))
                {
                    return -1;
                }

                i++;
            }
        }

        return Encoding.UTF8.GetByteCount(text);
    }
}
