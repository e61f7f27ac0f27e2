using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;
using EventCluster.Abstractions.Streams;
using EventCluster.Protocol;
using Microsoft.AspNetCore.Http;

namespace EventCluster.Edge.Http;

/// <summary>Reads the protocol's request headers strictly: a value that breaks its rule is a fault, never a guess.</summary>
internal static class HeaderFields
{
    /// <summary>The value of a retention header that lifts the limit.</summary>
    public const string NoLimit = "none";

    private const string ProducerRule =
        "Producer-Id, Producer-Epoch and Producer-Seq come together: the id has 1 to 256 bytes and does not begin with "
        + "__ec/, the others are integers "
        + "from 0 to 9007199254740991.";

    /// <summary>The fork literals that mean the source's beginning (what the reference server names its first offset).</summary>
    private const string ReferenceStart = "0000000000000000_0000000000000000";

    /// <summary><c>Stream-Closed</c> counts only as <c>true</c>, in any letter case.</summary>
    public static bool IsClosed(IHeaderDictionary headers) =>
        headers.TryGetValue(HeaderNames.Closed, out var value)
        && value.Count == 1 && string.Equals(value[0], "true", StringComparison.OrdinalIgnoreCase);

    /// <summary>
    /// Refuses what HTTP says about every change and what would be ignored here: a condition that is not evaluated, a part of a
    /// body, and a <c>Stream-Closed</c> that says two things. Null when there is none.
    /// </summary>
    public static RequestFault? Unheeded(IHeaderDictionary headers)
    {
        if (headers.IfMatch.Count + headers.IfNoneMatch.Count > 0 || headers.IfUnmodifiedSince.Count + headers.IfModifiedSince.Count > 0)
        {
            return RequestFault.BadRequest(
                "If-Match, If-None-Match, If-Modified-Since and If-Unmodified-Since are not evaluated for changes. A condition of an append is "
                + "Stream-Expected-Offset; a PUT never replaces a stream: 201 says created, 200 that it was there.");
        }

        if (headers.ContentRange.Count > 0)
        {
            return RequestFault.BadRequest("Content-Range is of a part; a body is whole here: one event, or an array of JSON events.");
        }

        return headers.TryGetValue(HeaderNames.Closed, out var closed) && closed.Count > 1
            ? RequestFault.BadRequest("Stream-Closed may occur once.")
            : null;
    }

    /// <summary>Refuses a header that a create would ignore: whoever sends it expects an effect. Null when there is none.</summary>
    public static RequestFault? MisplacedInCreate(IHeaderDictionary headers) => Misplaced(
        headers,
        [HeaderNames.ProducerId, HeaderNames.StreamSeq, HeaderNames.ExpectedOffset, HeaderNames.TrimBefore],
        "is for POST; a PUT is repeated safely without it, because the stream exists then");

    /// <summary>Refuses a header that an append would ignore; null when there is none.</summary>
    public static RequestFault? MisplacedInAppend(IHeaderDictionary headers) => Misplaced(
        headers,
        [HeaderNames.Ttl, HeaderNames.ExpiresAt, HeaderNames.ForkedFrom],
        "is for PUT; it is chosen when a stream is created and not changed later");

    /// <summary>Refuses a header that a change of retention and a trim would ignore; null when there is none.</summary>
    public static RequestFault? MisplacedInMaintenance(IHeaderDictionary headers) => Misplaced(
        headers,
        [HeaderNames.ProducerId, HeaderNames.StreamSeq, HeaderNames.ExpectedOffset],
        "is for appends; a change of retention and a trim may be repeated without it");

    /// <summary>The content type; null when absent.</summary>
    public static bool TryContentType(
        IHeaderDictionary headers, out StreamContentType? contentType, [NotNullWhen(false)] out RequestFault? fault)
    {
        contentType = null;
        fault = null;
        var text = headers.ContentType.ToString();
        if (text.Length == 0)
        {
            return true;
        }

        if (!StreamContentType.TryParse(text, out var parsed))
        {
            fault = RequestFault.BadRequest(
                $"Content-Type must be a media type of at most {ProtocolLimits.MaxContentTypeBytes} visible ASCII characters.");
            return false;
        }

        contentType = parsed;
        return true;
    }

    /// <summary>Producer headers: all or none.</summary>
    public static bool TryProducer(
        IHeaderDictionary headers, out ProducerStamp? producer, [NotNullWhen(false)] out RequestFault? fault)
    {
        producer = null;
        fault = null;
        var hasId = headers.TryGetValue(HeaderNames.ProducerId, out var id);
        var hasEpoch = headers.TryGetValue(HeaderNames.ProducerEpoch, out var epochText);
        var hasSequence = headers.TryGetValue(HeaderNames.ProducerSeq, out var sequenceText);
        if (!hasId && !hasEpoch && !hasSequence)
        {
            return true;
        }

        if (id.Count == 1 && id[0] is { } text && ProducerStamp.IsValidId(text)
            && TryInteger(epochText.ToString(), ProtocolLimits.MaxProducerNumber, out var epoch)
            && TryInteger(sequenceText.ToString(), ProtocolLimits.MaxProducerNumber, out var sequence))
        {
            producer = new ProducerStamp(text, epoch, sequence);
            return true;
        }

        fault = new RequestFault(400, ErrorCode.InvalidProducer, ProducerRule);
        return false;
    }

    /// <summary><c>Stream-Seq</c>; null when absent.</summary>
    public static bool TryStreamSeq(
        IHeaderDictionary headers, out string? streamSeq, [NotNullWhen(false)] out RequestFault? fault)
    {
        streamSeq = null;
        fault = null;
        if (!headers.TryGetValue(HeaderNames.StreamSeq, out var value))
        {
            return true;
        }

        if (value.Count == 1 && value[0] is { Length: > 0 } text && FitsUtf8(text, ProtocolLimits.MaxProducerIdBytes))
        {
            streamSeq = text;
            return true;
        }

        fault = RequestFault.BadRequest($"Stream-Seq must have 1 to {ProtocolLimits.MaxProducerIdBytes} bytes, once.");
        return false;
    }

    /// <summary>A header whose value is a concrete position; null when absent.</summary>
    public static bool TryPosition(
        IHeaderDictionary headers, string name, out StreamOffset? position, [NotNullWhen(false)] out RequestFault? fault)
    {
        position = null;
        fault = null;
        if (!headers.TryGetValue(name, out var value))
        {
            return true;
        }

        if (StreamOffset.TryParse(value.ToString(), out var parsed))
        {
            position = parsed;
            return true;
        }

        fault = new RequestFault(
            400, ErrorCode.InvalidOffset, $"{name} must be an offset: 20 characters of 0-9a-v as answers name them.");
        return false;
    }

    /// <summary><c>Stream-Retain-Events</c>, <c>-Bytes</c> and <c>-Age</c>.</summary>
    public static bool TryRetention(
        IHeaderDictionary headers, out RetentionLimits limits, [NotNullWhen(false)] out RequestFault? fault)
    {
        limits = RetentionLimits.None;
        if (!TryLimit(headers, HeaderNames.RetainEvents, ProtocolLimits.MaxProducerNumber, out var events, out fault)
            || !TryLimit(headers, HeaderNames.RetainBytes, ProtocolLimits.MaxProducerNumber, out var bytes, out fault)
            || !TryLimit(headers, HeaderNames.RetainAge, ProtocolLimits.MaxTtlSeconds, out var age, out fault))
        {
            return false;
        }

        if (events is not null || bytes is not null || age is not null)
        {
            limits = new RetentionLimits(events, bytes, age);
        }

        return true;
    }

    /// <summary><c>Stream-TTL</c> or <c>Stream-Expires-At</c>, not both.</summary>
    public static bool TryExpiry(
        IHeaderDictionary headers, out long? ttlSeconds, out DateTimeOffset? expiresAt, [NotNullWhen(false)] out RequestFault? fault)
    {
        ttlSeconds = null;
        expiresAt = null;
        fault = null;
        if (headers.TryGetValue(HeaderNames.Ttl, out var ttl))
        {
            if (!TryInteger(ttl.ToString(), ProtocolLimits.MaxTtlSeconds, out var seconds))
            {
                fault = RequestFault.BadRequest(
                    $"Stream-TTL must be whole seconds, 0 to {ProtocolLimits.MaxTtlSeconds}, without sign or leading zero.");
                return false;
            }

            ttlSeconds = seconds;
        }

        if (!headers.TryGetValue(HeaderNames.ExpiresAt, out var expires))
        {
            return true;
        }

        if (ttlSeconds is not null)
        {
            fault = RequestFault.BadRequest("Stream-TTL and Stream-Expires-At exclude each other.");
            return false;
        }

        if (!Rfc3339.TryParse(expires.ToString(), out var instant))
        {
            fault = RequestFault.BadRequest("Stream-Expires-At must be an RFC 3339 timestamp such as 2030-01-31T12:00:00Z.");
            return false;
        }

        expiresAt = instant;
        return true;
    }

    /// <summary>The fork headers; null without <c>Stream-Forked-From</c>.</summary>
    public static bool TryFork(IHeaderDictionary headers, out ForkSpec? fork, [NotNullWhen(false)] out RequestFault? fault)
    {
        fork = null;
        fault = null;
        var hasOffset = headers.TryGetValue(HeaderNames.ForkOffset, out var offsetText);
        var hasSubOffset = headers.TryGetValue(HeaderNames.ForkSubOffset, out var subOffsetText);
        if (!headers.TryGetValue(HeaderNames.ForkedFrom, out var from))
        {
            fault = hasOffset || hasSubOffset
                ? InvalidFork("Stream-Fork-Offset and Stream-Fork-Sub-Offset need Stream-Forked-From.")
                : null;
            return fault is null;
        }

        if (!TrySource(from.ToString(), out var source, out fault))
        {
            return false;
        }

        StreamOffset? offset = null;
        var fromStart = false;
        if (hasOffset && !TryForkOffset(offsetText.ToString(), out offset, out fromStart))
        {
            fault = InvalidFork("Stream-Fork-Offset must be -1 (the beginning) or an offset that the source named.");
            return false;
        }

        long subOffset = 0;
        if (hasSubOffset && !TryInteger(subOffsetText.ToString(), ProtocolLimits.MaxProducerNumber, out subOffset))
        {
            fault = InvalidFork("Stream-Fork-Sub-Offset must be an integer from 0, without sign or leading zero.");
            return false;
        }

        if (subOffset > 0 && !hasOffset)
        {
            fault = InvalidFork("A Stream-Fork-Sub-Offset above 0 needs Stream-Fork-Offset.");
            return false;
        }

        fork = new ForkSpec(source, offset, fromStart, subOffset);
        return true;
    }

    private static RequestFault? Misplaced(IHeaderDictionary headers, ReadOnlySpan<string> names, string why)
    {
        foreach (var name in names)
        {
            if (headers.ContainsKey(name))
            {
                return RequestFault.BadRequest($"{name} {why}.");
            }
        }

        return null;
    }

    private static bool TrySource(string text, out StreamName source, [NotNullWhen(false)] out RequestFault? fault)
    {
        source = default;
        if (!text.StartsWith(StreamPaths.Prefix, StringComparison.Ordinal))
        {
            fault = InvalidFork($"Stream-Forked-From must be the path of a stream, {StreamPaths.Prefix}NAME.");
            return false;
        }

        if (!StreamName.TryParseUrlPath(text.AsSpan(StreamPaths.Prefix.Length), out source, out var error))
        {
            fault = new RequestFault(400, ErrorCode.InvalidName, $"Stream-Forked-From: {error}");
            return false;
        }

        fault = null;
        return true;
    }

    private static bool TryForkOffset(string text, out StreamOffset? offset, out bool fromStart)
    {
        offset = null;
        fromStart = text is "-1" or ReferenceStart;
        if (fromStart)
        {
            return true;
        }

        var valid = StreamOffset.TryParse(text, out var parsed);
        offset = valid ? parsed : null;
        return valid;
    }

    private static bool TryLimit(
        IHeaderDictionary headers, string name, long max, out long? limit, [NotNullWhen(false)] out RequestFault? fault)
    {
        limit = null;
        fault = null;
        if (!headers.TryGetValue(name, out var value))
        {
            return true;
        }

        var text = value.ToString();
        if (text == NoLimit)
        {
            limit = RetentionLimits.Unlimited;
            return true;
        }

        if (TryInteger(text, max, out var parsed) && parsed >= 1)
        {
            limit = parsed;
            return true;
        }

        fault = RequestFault.BadRequest(
            $"{name} must be an integer from 1 to {max}, without sign or leading zero, or '{NoLimit}' to keep everything.");
        return false;
    }

    /// <summary>Decimal digits without sign, leading zero, fraction or exponent.</summary>
    private static bool TryInteger(string text, long max, out long value)
    {
        value = 0;
        return text.Length is > 0 and <= 19
            && (text.Length == 1 || text[0] != '0')
            && long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out value)
            && value <= max;
    }

    private static bool FitsUtf8(string text, int bytes) =>
        text.Length <= bytes && Encoding.UTF8.GetByteCount(text) <= bytes;

    private static RequestFault InvalidFork(string detail) => new(400, ErrorCode.InvalidFork, detail);
}
