namespace EventCluster.Benchmarks.Compare;

/// <summary>How many times as much the new side has, with the interval that holds the true ratio with 95 % confidence.</summary>
/// <param name="Ratio">Geometric mean of the pairs' ratios.</param>
/// <param name="Low">Lower end.</param>
/// <param name="High">Upper end.</param>
public readonly record struct RatioInterval(double Ratio, double Low, double High)
{
    // Student's t at 97.5 %, by degrees of freedom.
    private static readonly double[] SmallQuantiles = [12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262];

    /// <summary>Half the width: ± this much, as a share.</summary>
    public double HalfWidth => Math.Sqrt(High / Low) - 1;

    /// <summary>
    /// Student's interval of the pairs' log ratios. The two of a pair are taken one after the other, so what slows the machine
    /// for longer than a round drops out.
    /// </summary>
    /// <param name="before">One figure of each round, above 0.</param>
    /// <param name="after">The new side's of the same rounds.</param>
    public static RatioInterval Of(IReadOnlyList<double> before, IReadOnlyList<double> after)
    {
        if (before.Count != after.Count || before.Count < 2)
        {
            throw new ArgumentException($"An interval needs at least two pairs, not {before.Count} and {after.Count} figures.", nameof(after));
        }

        var logs = before.Zip(after, (old, now) => old > 0 && now > 0
            ? Math.Log(now / old)
            : throw new ArgumentException($"A ratio needs figures above 0, not {old} and {now}.", nameof(after))).ToArray();
        var mean = logs.Average();
        var deviation = Math.Sqrt(logs.Sum(log => (log - mean) * (log - mean)) / (logs.Length - 1));
        var half = Quantile(logs.Length - 1) * deviation / Math.Sqrt(logs.Length);
        return new RatioInterval(Math.Exp(mean), Math.Exp(mean - half), Math.Exp(mean + half));
    }

    /// <summary>The same seen the other way round: old to new.</summary>
    public RatioInterval Inverse() => new(1 / Ratio, 1 / High, 1 / Low);

    private static double Quantile(int freedom)
    {
        // Beyond the table: Cornish and Fisher's expansion around the normal quantile, exact to three digits there.
        double v = freedom;
        return freedom <= SmallQuantiles.Length
            ? SmallQuantiles[freedom - 1]
            : 1.960 + (2.372 / v) + (2.822 / (v * v)) + (2.556 / (v * v * v));
    }
}
