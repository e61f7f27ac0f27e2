using EventCluster.Protocol;

namespace EventCluster.Abstractions.Streams;

/// <summary>Result of a change of retention.</summary>
public abstract record ConfigureOutcome
{
    private ConfigureOutcome()
    {
    }

    /// <summary>Committed; the new limits are already applied.</summary>
    public sealed record Configured(StreamDescriptor Descriptor) : ConfigureOutcome;

    /// <summary>No such stream.</summary>
    public sealed record NotFound : ConfigureOutcome;

    /// <summary>Deleted, kept for forks.</summary>
    public sealed record Gone : ConfigureOutcome;

    /// <summary>The limits break a rule of every way in (<see cref="RequestRules"/>); nothing was changed.</summary>
    public sealed record Invalid(Refusal Why) : ConfigureOutcome;

    /// <summary>Not now.</summary>
    public sealed record Unavailable(UnavailableReason Reason, string Detail) : ConfigureOutcome;
}
