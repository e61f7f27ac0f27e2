namespace EventCluster.Exhaust;

/// <summary>What a case takes from its server.</summary>
/// <param name="Descriptors">Open files and sockets (<c>ulimit -n</c>); null leaves them.</param>
/// <param name="MemoryMiB">Memory; null leaves it.</param>
/// <param name="Threads">Threads above what a start needs; null leaves them.</param>
internal sealed record SystemBounds(int? Descriptors = null, int? MemoryMiB = null, int? Threads = null);
