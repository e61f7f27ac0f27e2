namespace EventCluster.Benchmarks.Compare;

/// <summary>How a figure of a row is judged.</summary>
/// <param name="Figure">Its name.</param>
/// <param name="Kind">Whether more of it is better, worse, or neither.</param>
public sealed record Gate(string Figure, GateKind Kind)
{
    /// <summary>What the new side's median may have more, as an aim that is printed; null for none.</summary>
    public double? MostAdded { get; init; }

    /// <summary>A row fails when the whole interval lies further than this on the bad side.</summary>
    public const double Tolerance = 0.03;

    /// <summary>A wider interval, to both sides, tells nothing.</summary>
    public const double WidestInterval = 0.05;

    /// <summary>
    /// Judges the ratio of new to old. A wide interval is not excused by its width: wholly beyond the tolerance it fails, and
    /// wholly within it on the bad side it passes.
    /// </summary>
    public Verdict Judge(RatioInterval newToOld)
    {
        var worse = Kind == GateKind.Rate ? newToOld.Inverse() : newToOld;
        if (Kind == GateKind.Printed)
        {
            return Verdict.NoSlower;
        }

        if (worse.Low > 1 + Tolerance)
        {
            return Verdict.Slower;
        }

        if (worse.High < 1 / (1 + Tolerance))
        {
            return Verdict.Faster;
        }

        return worse.HalfWidth > WidestInterval && worse.High > 1 + Tolerance ? Verdict.Inconclusive : Verdict.NoSlower;
    }
}
