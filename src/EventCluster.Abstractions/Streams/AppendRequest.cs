using EventCluster.Protocol;

namespace EventCluster.Abstractions.Streams;

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

    /// <summary>
    /// The incarnation of the stream that is meant; null for the one that exists now. One of a stream that was
    /// deleted and created again is <see cref="AppendOutcome.NotFound"/>. An edge sets it on a repeated attempt (CORRECTNESS rule 23).
    /// </summary>
    public long? Incarnation { get; init; }
}
