using EventCluster.Protocol;

namespace EventCluster.Abstractions.Streams;

/// <summary>The committed state of a stream at one instant. One immutable instance per commit, shared by all readers.</summary>
public sealed record StreamDescriptor
{
    /// <summary>The stream.</summary>
    public required StreamName Name { get; init; }

    /// <summary>Content type as the creator sent it.</summary>
    public required StreamContentType ContentType { get; init; }

    /// <summary>Earliest retained position.</summary>
    public required StreamOffset Earliest { get; init; }

    /// <summary>Next position.</summary>
    public required StreamOffset Tail { get; init; }

    /// <summary>The histories; decides which positions are valid.</summary>
    public required IncarnationList Incarnations { get; init; }

    /// <summary>No further appends.</summary>
    public required bool Closed { get; init; }

    /// <summary>Sliding time to live in seconds, as in force (inherited by forks).</summary>
    public long? TtlSeconds { get; init; }

    /// <summary>Absolute expiry, as in force.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>When the stream would end if nobody touched it again; null for never. Caches never outlive it.</summary>
    public DateTimeOffset? Deadline { get; init; }

    /// <summary>Retention set on this stream; server defaults are not repeated here.</summary>
    public RetentionLimits Retention { get; init; } = RetentionLimits.None;

    /// <summary>Retained payload bytes of the stream's own events.</summary>
    public long RetainedBytes { get; init; }

    /// <summary>Source of a fork.</summary>
    public StreamName? ForkedFrom { get; init; }

    /// <summary>Whether this instant is of an older incarnation of the stream than another one: nothing in it counts any more.</summary>
    public bool IsOlderThan(StreamDescriptor other) =>
        Incarnations.Latest.Incarnation < other.Incarnations.Latest.Incarnation;

    /// <summary>Number of events between earliest and tail.</summary>
    public long RetainedEvents => Tail.Sequence - Earliest.Sequence;
}
