using EventCluster.Abstractions.Memory;

namespace EventCluster.Edge.Memory;

/// <summary>Bytes of a share that one request or message holds; released once, by whoever has it.</summary>
/// <param name="Share">The share; null for none.</param>
/// <param name="Bytes">What is held of it.</param>
internal readonly record struct MemoryLease(MemoryShare? Share, long Bytes)
{
    /// <summary>Whether the bytes were granted.</summary>
    public bool IsGranted => Share is not null;

    /// <summary>Gives the bytes back.</summary>
    public void Release() => Share?.Release(Bytes);
}
