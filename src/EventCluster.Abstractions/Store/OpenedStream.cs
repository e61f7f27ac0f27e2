namespace EventCluster.Abstractions.Store;

/// <summary>What opening a stream gives its owner.</summary>
/// <param name="Fence">The caller's ownership number, larger than any before.</param>
/// <param name="Head">The committed head, or null when no stream of that name exists.</param>
/// <param name="Producers">All remembered producers.</param>
public sealed record OpenedStream(long Fence, StoredHead? Head, IReadOnlyList<ProducerEntry> Producers)
{
    /// <summary>
    /// The medium may have lost commits since the stream was last opened (a standby was promoted, a backup restored), so its next
    /// commit must begin a new incarnation at the tail, before anything is answered. It stays true at every open until then.
    /// </summary>
    public bool MayHaveLostCommits { get; init; }
}
