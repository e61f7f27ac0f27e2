namespace EventCluster.Benchmarks.Compare;

/// <summary>One figure of a row, compared.</summary>
/// <param name="Gate">Which one, and how it is judged.</param>
/// <param name="Old">Median of the old side.</param>
/// <param name="New">Median of the new side.</param>
/// <param name="Interval">New to old.</param>
/// <param name="Verdict">What that says.</param>
public sealed record FigureResult(Gate Gate, double Old, double New, RatioInterval Interval, Verdict Verdict)
{
    /// <summary>Whether the aim is met that the figure is printed with; null when it has none.</summary>
    public bool? IsMet => Gate.MostAdded is { } most ? New - Old <= most : null;
}
