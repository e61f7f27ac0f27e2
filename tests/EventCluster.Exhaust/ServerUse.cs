namespace EventCluster.Exhaust;

/// <summary>What a process uses.</summary>
/// <param name="MemoryMiB">Resident.</param>
/// <param name="Descriptors">Open.</param>
/// <param name="Threads">Alive.</param>
internal sealed record ServerUse(long MemoryMiB, int Descriptors, int Threads)
{
    private const double Tolerance = 1.10;

    /// <summary>A count of ten would otherwise have no room for one: what is single may differ.</summary>
    private const int FewItems = 3;

    /// <summary>Whether this is within 10 % of what was used before; less is always right.</summary>
    public bool IsBackTo(ServerUse before) =>
        MemoryMiB <= before.MemoryMiB * Tolerance
        && Descriptors <= Math.Max(before.Descriptors * Tolerance, before.Descriptors + FewItems)
        && Threads <= Math.Max(before.Threads * Tolerance, before.Threads + FewItems);

    /// <summary>The larger of each.</summary>
    public ServerUse Or(ServerUse other) =>
        new(Math.Max(MemoryMiB, other.MemoryMiB), Math.Max(Descriptors, other.Descriptors), Math.Max(Threads, other.Threads));

    /// <summary>The smaller of each.</summary>
    public ServerUse And(ServerUse other) =>
        new(Math.Min(MemoryMiB, other.MemoryMiB), Math.Min(Descriptors, other.Descriptors), Math.Min(Threads, other.Threads));

    /// <inheritdoc />
    public override string ToString() => $"{MemoryMiB} MiB/{Descriptors} fd/{Threads} thr";
}
