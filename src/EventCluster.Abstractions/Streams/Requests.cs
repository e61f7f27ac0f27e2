using EventCluster.Protocol;

namespace EventCluster.Abstractions.Streams;

/// <summary>Identity of one append of an idempotent producer.</summary>
/// <param name="Id">1 to 256 bytes of UTF-8.</param>
/// <param name="Epoch">0 to 2^53 − 1.</param>
/// <param name="Sequence">0 to 2^53 − 1.</param>
public sealed record ProducerStamp(string Id, long Epoch, long Sequence);

/// <summary>Retention limits; null means "not set".</summary>
/// <param name="Events">Most events kept, at least 1.</param>
/// <param name="Bytes">Most payload bytes kept, at least 1.</param>
/// <param name="AgeSeconds">Longest age of an event in seconds, at least 1.</param>
public sealed record RetentionLimits(long? Events = null, long? Bytes = null, long? AgeSeconds = null)
{
    /// <summary>Nothing set.</summary>
    public static readonly RetentionLimits None = new();

    /// <summary>True when nothing is set.</summary>
    public bool IsEmpty => Events is null && Bytes is null && AgeSeconds is null;
}

/// <summary>Where a fork starts.</summary>
/// <param name="Source">The stream whose history is inherited.</param>
/// <param name="Offset">The fork point; null for the source's tail at that moment.</param>
/// <param name="FromStart">True for the literal "start" forms: the source's earliest retained position. Excludes <paramref name="Offset"/>.</param>
/// <param name="SubOffset">Past the fork point: events of a JSON stream, else bytes of the next event. 0 for none.</param>
public sealed record ForkSpec(StreamName Source, StreamOffset? Offset, bool FromStart, long SubOffset);

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
}

/// <summary>An append, a close, or both (POST).</summary>
public sealed record AppendRequest
{
    /// <summary>The body's content type; null skips the check (close only, grain clients that know).</summary>
    public StreamContentType? ContentType { get; init; }

    /// <summary>The events; may be empty only with <see cref="Close"/>.</summary>
    public IReadOnlyList<ReadOnlyMemory<byte>> Events { get; init; } = [];

    /// <summary>Close the stream after the events, in the same commit.</summary>
    public bool Close { get; init; }

    /// <summary>Identity for exactly-once.</summary>
    public ProducerStamp? Producer { get; init; }

    /// <summary>Must be above the last one, compared by UTF-8 bytes.</summary>
    public string? StreamSeq { get; init; }

    /// <summary>Append only if the tail is here.</summary>
    public StreamOffset? ExpectedOffset { get; init; }
}

/// <summary>A read.</summary>
/// <param name="From">A concrete position; "earliest" and "now" are resolved by the edge.</param>
/// <param name="MaxBytes">Payload bytes wanted at most; one event is returned whatever its size.</param>
/// <param name="MaxEvents">Events wanted at most, at least 1.</param>
/// <param name="WaitUpTo">How long to wait at the tail; zero for no wait.</param>
/// <param name="Touch">Counts as an access for a sliding TTL.</param>
public readonly record struct ReadRequest(
    StreamOffset From, int MaxBytes, int MaxEvents, TimeSpan WaitUpTo, bool Touch);
