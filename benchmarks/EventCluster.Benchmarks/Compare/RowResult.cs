using EventCluster.Benchmarks.Running;

namespace EventCluster.Benchmarks.Compare;

/// <summary>The rounds of a row so far, and what they say.</summary>
public sealed class RowResult(CompareRow row)
{
    private readonly List<IReadOnlyList<Figure>> _old = [];
    private readonly List<IReadOnlyList<Figure>> _new = [];

    /// <summary>The row.</summary>
    public CompareRow Row => row;

    /// <summary>Rounds that both sides have carried.</summary>
    public int Rounds => Math.Min(_old.Count, _new.Count);

    /// <summary>Adds one round of both sides.</summary>
    public void Add(IReadOnlyList<Figure> before, IReadOnlyList<Figure> after)
    {
        _old.Add(before);
        _new.Add(after);
    }

    /// <summary>Each figure with its interval and verdict.</summary>
    public IReadOnlyList<FigureResult> Figures() => [.. row.Gates.Select(gate =>
    {
        var (before, after) = (Values(_old, gate), Values(_new, gate));
        var interval = RatioInterval.Of(before, after);
        return new FigureResult(gate, Statistics.Median(before), Statistics.Median(after), interval, gate.Judge(interval));
    })];

    /// <summary>The worst of its figures' verdicts; nothing can be told of fewer rounds than two.</summary>
    public Verdict Verdict => Rounds < 2 ? Verdict.Inconclusive : Figures().Max(figure => figure.Verdict switch
    {
        Verdict.Faster => (0, Verdict.NoSlower),
        Verdict.NoSlower => (0, Verdict.NoSlower),
        Verdict.Inconclusive => (1, Verdict.Inconclusive),
        _ => (2, Verdict.Slower),
    }).Item2;

    /// <summary>Whether another round is needed: fewer than the least, or one that may tell what could not be told.</summary>
    public bool NeedsMore(int least, int most) => Rounds < least || (Rounds < most && Verdict == Verdict.Inconclusive);

    // Not sorted in place by who takes the median.
    private static double[] Values(List<IReadOnlyList<Figure>> rounds, Gate gate) =>
        [.. rounds.Select(round => round.First(figure => figure.Name == gate.Figure).Value)];
}
