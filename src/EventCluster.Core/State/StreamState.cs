using EventCluster.Abstractions.Store;
using EventCluster.Abstractions.Streams;
using EventCluster.Protocol;

namespace EventCluster.Core.State;

/// <summary>
/// What an owner remembers of its stream beside the head: the <c>State</c> that stores keep without looking inside.
/// Immutable; encoded by <see cref="StreamStateCodec"/>. Times are Unix milliseconds.
/// </summary>
internal sealed record StreamState
{
    /// <summary>A longer time to live (about 3,000 years) is for ever; keeps deadlines inside the calendar.</summary>
    public const long LongestTtlSeconds = 100_000_000_000;

    /// <summary>Content type as the creator sent it, or the default, or the source's.</summary>
    public required StreamContentType ContentType { get; init; }

    /// <summary>Sliding time to live as requested, seconds.</summary>
    public long? RequestedTtlSeconds { get; init; }

    /// <summary>Absolute expiry as requested.</summary>
    public long? RequestedExpiresAt { get; init; }

    /// <summary>Sliding time to live in force (requested or inherited), seconds.</summary>
    public long? TtlSeconds { get; init; }

    /// <summary>Absolute expiry in force (requested or inherited).</summary>
    public long? ExpiresAt { get; init; }

    /// <summary>
    /// Last access that is committed; the newest one may be up to one persisting interval later, unless
    /// <see cref="TouchedExactly"/>.
    /// </summary>
    public long TouchedAt { get; init; }

    /// <summary>
    /// No access newer than the committed one exists: nobody touched the stream since, or it left memory in good order.
    /// </summary>
    public bool TouchedExactly { get; init; }

    /// <summary>Retention set on the stream itself; server defaults are never stored.</summary>
    public RetentionLimits Retention { get; init; } = RetentionLimits.None;

    /// <summary>No further appends.</summary>
    public bool Closed { get; init; }

    /// <summary>The producer append that closed the stream, so that its retry is known as a duplicate.</summary>
    public ProducerStamp? ClosedBy { get; init; }

    /// <summary>Last accepted <c>Stream-Seq</c>.</summary>
    public string? LastStreamSeq { get; init; }

    /// <summary>The request that created the stream, when it has an id: a repeated attempt recognizes its stream by it.</summary>
    public string? CreateRequestId { get; init; }

    /// <summary>Set for a fork.</summary>
    public ForkOrigin? Origin { get; init; }

    /// <summary>Number of ancestors.</summary>
    public int ForkDepth { get; init; }

    /// <summary>Ancestors' events served here, ascending and consecutive up to the fork point.</summary>
    public IReadOnlyList<InheritedRange> Inherited { get; init; } = [];

    /// <summary>
    /// Reservations of forks that are not confirmed yet. A state that an earlier build wrote has the confirmed ones here,
    /// too; they are moved out a few at a time, see <see cref="KeepsForksApart"/>.
    /// </summary>
    public IReadOnlyList<ForkHold> Holds { get; init; } = [];

    /// <summary>Confirmed reservations of forks are, or were, entries beside the producers.</summary>
    public bool KeepsForksApart { get; init; }

    /// <summary>The hold on the source is given up by this commit or an earlier one; the source does not know yet.</summary>
    public bool OwesRelease { get; init; }

    /// <summary>Where the stream stands.</summary>
    public Lifecycle Lifecycle { get; init; }

    /// <summary>The newest run of sequences that trims dropped; other dropped ones fell to retention.</summary>
    public SequenceRange Trimmed { get; init; }

    /// <summary>
    /// Sequences whose events a salvage could not read, or could no longer serve because they lie before such ones: nobody dropped
    /// them.
    /// </summary>
    public SequenceRange Lost { get; init; }

    /// <summary>
    /// How far the committed access may lag behind the newest one: max(1 s, TTL / 8) (CORRECTNESS rule 9).
    /// </summary>
    public long TouchIntervalMilliseconds => TtlSeconds is { } ttl ? Math.Max(1000, Math.Min(ttl, LongestTtlSeconds) * 125) : 0;

    /// <summary>The latest that the newest access can have been, for an owner that has only read this state.</summary>
    public long LatestTouch => TouchedAt + (TouchedExactly ? 0 : TouchIntervalMilliseconds);

    /// <summary>
    /// When a stream without further access ends, for an owner that knows nothing newer than the committed access:
    /// late by the persisting interval, never early. <see cref="StreamHead.NeverDue"/> for never.
    /// </summary>
    public long CommittedDeadline => Lifecycle != Lifecycle.Live
        ? StreamHead.NeverDue
        : DeadlineAfter(LatestTouch);

    /// <summary>Whether an access at this time must be committed, as the committed one no longer allows for it.</summary>
    public bool WantsTouchCommitted(long at) =>
        TtlSeconds is not null && (TouchedExactly || at - TouchedAt >= TouchIntervalMilliseconds);

    /// <summary>When the stream ends if its newest access was then.</summary>
    public long DeadlineAfter(long touchedAt) => ExpiresAt
        ?? (TtlSeconds is { } ttl && ttl <= LongestTtlSeconds ? touchedAt + (ttl * 1000) : StreamHead.NeverDue);
}
