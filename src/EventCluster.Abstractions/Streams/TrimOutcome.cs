using EventCluster.Protocol;

namespace EventCluster.Abstractions.Streams;

/// <summary>Result of a trim.</summary>
public abstract record TrimOutcome
{
    private TrimOutcome()
    {
    }

    /// <summary>The earliest position is at or after the requested one.</summary>
    public sealed record Trimmed(StreamDescriptor Descriptor) : TrimOutcome;

    /// <summary>The position lies beyond the tail or in another history.</summary>
    public sealed record InvalidPosition(StreamOffset Tail) : TrimOutcome;

    /// <summary>No such stream.</summary>
    public sealed record NotFound : TrimOutcome;

    /// <summary>Deleted, kept for forks.</summary>
    public sealed record Gone : TrimOutcome;

    /// <summary>Not now.</summary>
    public sealed record Unavailable(UnavailableReason Reason, string Detail) : TrimOutcome;
}
