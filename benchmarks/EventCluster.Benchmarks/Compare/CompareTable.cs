using System.Globalization;
using System.Text;
using EventCluster.Benchmarks.Running;

namespace EventCluster.Benchmarks.Compare;

/// <summary>How a comparison is printed.</summary>
/// <param name="Heading">What was compared.</param>
/// <param name="Results">The rows.</param>
public sealed record CompareTable(string Heading, IReadOnlyList<RowResult> Results)
{
    /// <summary>One line.</summary>
    public string Summary
    {
        get
        {
            var (slower, open) = (KeysOf(Verdict.Slower), KeysOf(Verdict.Inconclusive));
            return slower.Length > 0 ? $"slower: {slower}{(open.Length > 0 ? $"; inconclusive: {open}" : "")}"
                : open.Length > 0 ? $"inconclusive: {open}; nothing is slower"
                : $"no slower: {Results.Count} rows";
        }
    }

    /// <summary>0 when nothing is slower, 1 when a row is, 3 when that could not be told of a row.</summary>
    public int ExitCode => KeysOf(Verdict.Slower).Length > 0 ? 1 : KeysOf(Verdict.Inconclusive).Length > 0 ? 3 : 0;

    /// <summary>For people.</summary>
    public string Text()
    {
        var text = new StringBuilder().AppendLine(Heading);
        var width = 2 + Results.Max(result => result.Row.Gates.Max(gate => gate.Figure.Length));
        text.AppendLine($"{"",2}{"figure".PadRight(width)}{"old",12}{"new",12}{"new/old",9}{"95 % interval",19}  verdict");
        foreach (var result in Results)
        {
            text.AppendLine($"{result.Row.Key}: {result.Row.Label} ({result.Rounds} rounds)");
            foreach (var figure in result.Figures())
            {
                var verdict = figure.Gate.Kind == GateKind.Printed ? AimOf(figure) : Word(figure.Verdict);
                text.AppendLine(string.Create(
                    CultureInfo.InvariantCulture,
                    $"{"",2}{figure.Gate.Figure.PadRight(width)}{Report.Number(figure.Old),12}{Report.Number(figure.New),12}{Times(figure.Interval.Ratio),9}{Interval(figure),19}  {verdict}").TrimEnd());
            }
        }

        return text.AppendLine($"A figure fails when its whole interval lies more than {Gate.Tolerance:P0} on the bad side; one wider than "
                + $"{Gate.WidestInterval:P0} to both sides is repeated. Latencies and the generator's share are printed only.")
            .Append(Summary).ToString();
    }

    /// <summary>For programs.</summary>
    public object Json() => new
    {
        benchmark = CompareBenchmark.Command,
        heading = Heading,
        summary = Summary,
        exitCode = ExitCode,
        rows = Results.SelectMany(result => result.Figures().Select(figure => new
        {
            row = result.Row.Key,
            label = $"{result.Row.Label}: {figure.Gate.Figure}",
            figure = figure.Gate.Figure,
            gate = figure.Gate.Kind.ToString(),
            rounds = result.Rounds,
            medians = new Dictionary<string, double> { ["old"] = figure.Old, ["new"] = figure.New },
            ratio = figure.Interval.Ratio,
            low = figure.Interval.Low,
            high = figure.Interval.High,
            verdict = Word(figure.Verdict),
            added = figure.New - figure.Old,
            aim = figure.Gate.MostAdded,
            isMet = figure.IsMet,
        })),
    };

    private static string AimOf(FigureResult figure) => figure.IsMet is { } isMet
        ? string.Create(
            CultureInfo.InvariantCulture,
            $"{figure.New - figure.Old:+0.00;-0.00} (aim: at most {figure.Gate.MostAdded:0.##} more): {(isMet ? "met" : "MISSED")}")
        : "";

    private static string Interval(FigureResult figure) => $"{Times(figure.Interval.Low)} - {Times(figure.Interval.High)}";

    private static string Times(double ratio) => ratio >= 100 ? ">= 100" : ratio.ToString("0.000", CultureInfo.InvariantCulture);

    private static string Word(Verdict verdict) => verdict switch
    {
        Verdict.NoSlower => "no slower",
        Verdict.Faster => "better",
        Verdict.Slower => "SLOWER",
        _ => "inconclusive",
    };

    private string KeysOf(Verdict verdict) => string.Join(", ", Results.Where(result => result.Verdict == verdict).Select(result => result.Row.Key));
}
