namespace EventCluster.Abstractions.Store;

/// <summary>What opening a stream gives its owner.</summary>
/// <param name="Fence">The caller's ownership number, larger than any before.</param>
/// <param name="Head">The committed head, or null when no stream of that name exists.</param>
/// <param name="Producers">All remembered producers.</param>
public sealed record OpenedStream(long Fence, StoredHead? Head, IReadOnlyList<ProducerEntry> Producers);
