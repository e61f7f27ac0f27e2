namespace EventCluster.Benchmarks.Peers;

/// <summary>What EventCluster has to reach, absolutely or against a peer in the same run.</summary>
/// <param name="Workload">Its key.</param>
/// <param name="Figure">The figure's name.</param>
/// <param name="Factor">The bound, or the bound as a multiple of the peer's figure.</param>
/// <param name="Than">The peer; null for an absolute bound.</param>
/// <param name="IsAtLeast">Whether the bound is a lower one.</param>
public sealed record Aim(string Workload, string Figure, double Factor, string? Than, bool IsAtLeast)
{
    /// <summary>One line: met or missed.</summary>
    public string Judge(IReadOnlyDictionary<string, double> own, IReadOnlyDictionary<string, double>? peer)
    {
        var value = own[Figure];
        var bound = Factor * (peer?[Figure] ?? 1);
        var isMet = IsAtLeast ? value >= bound : value <= bound;
        var rule = $"{(IsAtLeast ? "at least" : "at most")} {Factor:0.##}{(Than is null ? "" : $" x {Than}")}";
        var ratio = peer is null ? "" : $" = {value / peer[Figure]:0.00} x";
        return $"aim {Workload} {Figure}: {rule}: {value:#,0.00}{ratio}: {(isMet ? "met" : "MISSED")}";
    }
}
