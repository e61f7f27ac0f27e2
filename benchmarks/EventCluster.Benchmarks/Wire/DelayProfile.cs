namespace EventCluster.Benchmarks.Wire;

/// <summary>How bad a network is.</summary>
/// <param name="RoundTrip">There and back.</param>
/// <param name="LateShare">Share of segments that are late.</param>
/// <param name="Late">How late they are.</param>
/// <param name="Seed">Which ones.</param>
public sealed record DelayProfile(TimeSpan RoundTrip, double LateShare, TimeSpan Late, int Seed)
{
    /// <summary>A phone on the move.</summary>
    public static readonly DelayProfile Mobile = new(TimeSpan.FromMilliseconds(100), 0.01, TimeSpan.FromMilliseconds(300), 1);
}
