using System.Globalization;
using EventCluster.Abstractions;
using EventCluster.Abstractions.Streams;
using EventCluster.Protocol;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace EventCluster.Edge.Http;

/// <summary>Header values that never change, made once.</summary>
internal static class ResponseHeaders
{
    /// <summary>How long an answer may be kept that ended behind the tail, which an append does not change.</summary>
    public const int MaxAgeSeconds = 60;

    /// <summary>How long a long-poll's answer may be shared.</summary>
    public const int SharedSeconds = 1;

    public static readonly StringValues True = "true";
    public static readonly StringValues NoStore = "no-store";
    public static readonly StringValues NoCache = "no-cache";
    public static readonly StringValues Base64 = "base64";
    /// <summary>Durable Streams framing: exactly this.</summary>
    public static readonly StringValues EventStream = "text/event-stream";

    /// <summary>Native framing: event streams are UTF-8 whatever they say, but some HTTP libraries take text without a charset for Latin-1.</summary>
    public static readonly StringValues NativeEventStream = "text/event-stream; charset=utf-8";

    private static readonly StringValues Memory = "memory";
    private static readonly StringValues Flushed = "flushed";
    private static readonly StringValues[] PublicMaxAge = MaxAges("public");
    private static readonly StringValues[] PrivateMaxAge = MaxAges("private");

    public static StringValues DurabilityOf(Durability durability) => durability == Durability.Flushed ? Flushed : Memory;

    /// <summary>How long a data answer may be kept: never beyond the stream's deadline (CORRECTNESS rule 20).</summary>
    /// <param name="policy">Who may keep it.</param>
    /// <param name="maxAge">Seconds, up to <see cref="MaxAgeSeconds"/>.</param>
    /// <param name="deadline">When the stream ends.</param>
    /// <param name="now">The time.</param>
    public static StringValues CacheData(CachePolicy policy, int maxAge, DateTimeOffset? deadline, DateTimeOffset now)
    {
        var seconds = deadline is null ? maxAge : (int)Math.Clamp((deadline.Value - now).TotalSeconds, 0, maxAge);
        return policy == CachePolicy.NoStore || seconds == 0
            ? NoStore
            : policy == CachePolicy.Public ? PublicMaxAge[seconds] : PrivateMaxAge[seconds];
    }

    /// <summary>What describes the stream itself: HEAD, and the answer to a create.</summary>
    public static void SetDescription(IHeaderDictionary headers, StreamDescriptor stream)
    {
        headers.ContentType = stream.ContentType.Original;
        headers[HeaderNames.NextOffset] = stream.Tail.ToString();
        headers[HeaderNames.EarliestOffset] = stream.Earliest.ToString();
        if (stream.Closed)
        {
            headers[HeaderNames.Closed] = True;
        }

        if (stream.TtlSeconds is { } ttl)
        {
            headers[HeaderNames.Ttl] = Number(ttl);
        }

        if (stream.ExpiresAt is { } expires)
        {
            headers[HeaderNames.ExpiresAt] = Rfc3339.Format(expires);
        }

        SetLimit(headers, HeaderNames.RetainEvents, stream.Retention.Events);
        SetLimit(headers, HeaderNames.RetainBytes, stream.Retention.Bytes);
        SetLimit(headers, HeaderNames.RetainAge, stream.Retention.AgeSeconds);
    }

    private static void SetLimit(IHeaderDictionary headers, string name, long? value)
    {
        if (value is { } number)
        {
            headers[name] = number == RetentionLimits.Unlimited ? HeaderFields.NoLimit : Number(number);
        }
    }

    private static string Number(long value) => value.ToString(CultureInfo.InvariantCulture);

    private static StringValues[] MaxAges(string scope)
    {
        var values = new StringValues[MaxAgeSeconds + 1];
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = $"{scope}, max-age={i}";
        }

        return values;
    }
}
