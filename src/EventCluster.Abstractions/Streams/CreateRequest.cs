using EventCluster.Protocol;

namespace EventCluster.Abstractions.Streams;

/// <summary>A create (PUT).</summary>
public sealed record CreateRequest
{
    /// <summary>The content type as sent; null for the default, or for a fork its source's.</summary>
    public StreamContentType? ContentType { get; init; }

    /// <summary>Sliding time to live in seconds; excludes <see cref="ExpiresAt"/>.</summary>
    public long? TtlSeconds { get; init; }

    /// <summary>Absolute expiry.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>Retention as requested; a repeated create compares only the limits it sends.</summary>
    public RetentionLimits Retention { get; init; } = RetentionLimits.None;

    /// <summary>Initial events; may be empty.</summary>
    public IReadOnlyList<ReadOnlyMemory<byte>> Events { get; init; } = [];

    /// <summary>Create it closed.</summary>
    public bool Close { get; init; }

    /// <summary>Create it as a fork.</summary>
    public ForkSpec? Fork { get; init; }

    /// <summary>
    /// Names this request in the stream's head, so that a repeated attempt recognizes the stream that it created; null for none. At
    /// most <see cref="MaxRequestIdChars"/> characters.
    /// </summary>
    public string? RequestId { get; init; }

    /// <summary>
    /// An earlier attempt may have created the stream, and a client may have deleted it since. So nothing is created now: a stream with this
    /// <see cref="RequestId"/> is <see cref="CreateOutcome.Created"/>, no stream is <see cref="UnavailableReason.Unconfirmed"/>.
    /// </summary>
    public bool IsRepeat { get; init; }

    /// <summary>Longest <see cref="RequestId"/>.</summary>
    public const int MaxRequestIdChars = 300;
}
