namespace EventCluster.Abstractions.Streams;

/// <summary>Result of a describe.</summary>
public abstract record DescribeOutcome
{
    private DescribeOutcome()
    {
    }

    /// <summary>The stream's committed state.</summary>
    public sealed record Found(StreamDescriptor Descriptor) : DescribeOutcome;

    /// <summary>No such stream.</summary>
    public sealed record NotFound : DescribeOutcome;

    /// <summary>Deleted, kept for forks.</summary>
    public sealed record Gone : DescribeOutcome;

    /// <summary>Not now.</summary>
    public sealed record Unavailable(UnavailableReason Reason, string Detail) : DescribeOutcome;
}
