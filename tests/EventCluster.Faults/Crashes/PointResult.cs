namespace EventCluster.Faults.Crashes;

/// <summary>What became of one run.</summary>
/// <param name="IsReached">The fault happened.</param>
/// <param name="Fault">What is wrong; null for nothing.</param>
internal sealed record PointResult(bool IsReached, string? Fault);
