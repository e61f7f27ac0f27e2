namespace EventCluster.Benchmarks.Compare;

/// <summary>What an interval says about a gated figure.</summary>
public enum Verdict
{
    /// <summary>Not slower by more than the tolerance, as far as can be told.</summary>
    NoSlower,

    /// <summary>The whole interval lies beyond the tolerance on the good side.</summary>
    Faster,

    /// <summary>The whole interval lies beyond the tolerance: the row fails.</summary>
    Slower,

    /// <summary>The interval is too wide to tell: more rounds are needed.</summary>
    Inconclusive,
}
