namespace EventCluster.Abstractions.Streams;

/// <summary>Result of a delete.</summary>
public abstract record DeleteOutcome
{
    private DeleteOutcome()
    {
    }

    /// <summary>Deleted; with forks, its data stays for them.</summary>
    public sealed record Deleted : DeleteOutcome;

    /// <summary>No such stream.</summary>
    public sealed record NotFound : DeleteOutcome;

    /// <summary>Deleted before, kept for forks.</summary>
    public sealed record Gone : DeleteOutcome;

    /// <summary>Not now.</summary>
    public sealed record Unavailable(UnavailableReason Reason, string Detail) : DeleteOutcome;
}
