using EventCluster.Protocol;

namespace EventCluster.Abstractions.Streams;

/// <summary>Result of a create.</summary>
public abstract record CreateOutcome
{
    private CreateOutcome()
    {
    }

    /// <summary>A new stream.</summary>
    public sealed record Created(StreamDescriptor Descriptor) : CreateOutcome;

    /// <summary>It was there with the same requested configuration and closed state; initial events were ignored.</summary>
    public sealed record Exists(StreamDescriptor Descriptor) : CreateOutcome;

    /// <summary>It was there with another configuration.</summary>
    /// <param name="What">What differs, for the error's detail.</param>
    public sealed record Conflict(string What) : CreateOutcome;

    /// <summary>A deleted stream of that name is still held by forks.</summary>
    public sealed record Held : CreateOutcome;

    /// <summary>The fork's source does not exist.</summary>
    public sealed record SourceNotFound : CreateOutcome;

    /// <summary>The fork's source is deleted and only kept for its forks.</summary>
    public sealed record SourceGone : CreateOutcome;

    /// <summary>The requested content type is not the source's.</summary>
    public sealed record SourceTypeMismatch(StreamContentType Expected) : CreateOutcome;

    /// <summary>The fork point or the sub-offset is not a position of the source.</summary>
    /// <param name="What">What was wrong and what is allowed.</param>
    public sealed record InvalidFork(string What) : CreateOutcome;

    /// <summary>The fork point lies before the source's earliest retained position, or in another history.</summary>
    public sealed record ForkGap(StreamGap Gap) : CreateOutcome;

    /// <summary>The chain of forks would be deeper than 64.</summary>
    public sealed record ForkTooDeep : CreateOutcome;

    /// <summary>The source has as many forks as a stream may have.</summary>
    /// <param name="MaxForks">The limit.</param>
    public sealed record ForkLimit(int MaxForks) : CreateOutcome;

    /// <summary>The store holds as many streams as it may.</summary>
    public sealed record StreamLimit : CreateOutcome;

    /// <summary>The create breaks a rule of every way in (<see cref="RequestRules"/>); nothing was created.</summary>
    public sealed record Invalid(Refusal Why) : CreateOutcome;

    /// <summary>Not now.</summary>
    public sealed record Unavailable(UnavailableReason Reason, string Detail) : CreateOutcome;
}
