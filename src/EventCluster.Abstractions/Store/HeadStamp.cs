namespace EventCluster.Abstractions.Store;

/// <summary>What tells one committed head of a stream from every other; <c>default</c> when there is no stream.</summary>
/// <param name="Fence">The newest ownership number.</param>
/// <param name="Version">Number of commits since creation; at least 1.</param>
public readonly record struct HeadStamp(long Fence, long Version)
{
    /// <summary>There is a stream.</summary>
    public bool Exists => Version > 0;

    /// <summary>The stamp of a head; <c>default</c> for null.</summary>
    public static HeadStamp Of(StoredHead? head) => head is null ? default : new HeadStamp(head.Fence, head.Version);
}
