using EventCluster.Abstractions;
using EventCluster.Abstractions.Store;
using EventCluster.Core.State;
using EventCluster.Protocol;

namespace EventCluster.Core.Decisions;

/// <summary>What a source gives a fork together with the hold on its events.</summary>
internal sealed record ForkBasis
{
    /// <summary>How the fork came to be, with its hold.</summary>
    public required ForkOrigin Origin { get; init; }

    /// <summary>Sequence of the fork point.</summary>
    public long Point => Origin.Point;

    /// <summary>Earliest inherited sequence.</summary>
    public required long Earliest { get; init; }

    /// <summary>Histories up to the fork point.</summary>
    public required IncarnationList Incarnations { get; init; }

    /// <summary>Where the inherited events are stored.</summary>
    public required IReadOnlyList<InheritedRange> Inherited { get; init; }

    /// <summary>The source's content type.</summary>
    public required StreamContentType ContentType { get; init; }

    /// <summary>The source's sliding time to live, seconds.</summary>
    public long? TtlSeconds { get; init; }

    /// <summary>The source's absolute expiry, Unix milliseconds.</summary>
    public long? ExpiresAt { get; init; }

    /// <summary>The source's newest event time, so that the fork's own are never earlier than inherited ones.</summary>
    public required long LastEventMilliseconds { get; init; }

    /// <summary>What the source's last trims dropped.</summary>
    public required SequenceRange Trimmed { get; init; }

    /// <summary>What a salvage could not bring back of the source.</summary>
    public SequenceRange Lost { get; init; }

    /// <summary>The fork's number of ancestors.</summary>
    public required int Depth { get; init; }

    /// <summary>Prefix of the event behind the fork point that becomes the fork's own first event.</summary>
    public ReadOnlyMemory<byte>? PartialEvent { get; init; }
}
