using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;

namespace EventCluster.Benchmarks.Running;

/// <summary>Rows of medians, with the spread of the first figure over the rounds; printed as a table or as JSON.</summary>
public sealed class Report
{
    private readonly List<Row> _rows = [];
    private readonly List<string> _notes = [];

    /// <summary>Adds the medians of a case.</summary>
    public IReadOnlyDictionary<string, double> Add(string label, IReadOnlyList<IReadOnlyList<Figure>> rounds)
    {
        var medians = new Dictionary<string, double>(StringComparer.Ordinal);
        foreach (var name in rounds[0].Select(figure => figure.Name))
        {
            medians[name] = Statistics.Median([.. rounds.Select(round => round.First(f => f.Name == name).Value)]);
        }

        var first = rounds.Select(round => round[0].Value).ToArray();
        _rows.Add(new Row(label, medians, first.Min(), first.Max()));
        return medians;
    }

    /// <summary>What is printed instead of rows of medians, by a benchmark with another kind of table.</summary>
    public (Func<string> Table, Func<object> Json)? Own { get; set; }

    /// <summary>The exit code; 1 when a benchmark failed by its own rules, or reported nothing.</summary>
    public int ExitCode
    {
        get => field != 0 || _rows.Count > 0 || Own is not null ? field : 1;
        set;
    }

    /// <summary>Adds a line below the table.</summary>
    public void Note(string text) => _notes.Add(text);

    /// <summary>The printed form.</summary>
    public string Print(BenchmarkSettings settings) => (Own, settings.Json) switch
    {
        ({ } own, true) => JsonSerializer.Serialize(own.Json()),
        ({ } own, false) => own.Table().TrimEnd(),
        (null, true) => PrintJson(settings),
        (null, false) => PrintTable(settings),
    };

    private string PrintTable(BenchmarkSettings settings)
    {
        var text = new StringBuilder();
        text.AppendLine($"{settings.Name}: medians of {settings.Rounds} round(s) of {settings.Round.TotalSeconds:0.##} s; "
            + $"{Environment.ProcessorCount} processors; {RuntimeInformation.FrameworkDescription}"
            + (settings.SimulatedFlushMilliseconds > 0 ? $"; each flush at least {settings.SimulatedFlushMilliseconds} ms" : ""));
        foreach (var group in _rows.GroupBy(row => string.Join('|', row.Medians.Keys)))
        {
            var names = group.First().Medians.Keys.ToArray();
            var width = group.Max(row => row.Label.Length) + 2;
            text.Append("".PadRight(width));
            foreach (var name in names)
            {
                text.Append(name.PadLeft(Math.Max(14, name.Length + 2)));
            }

            text.AppendLine("  spread".PadLeft(20));
            foreach (var row in group)
            {
                text.Append(row.Label.PadRight(width));
                foreach (var name in names)
                {
                    text.Append(Number(row.Medians[name]).PadLeft(Math.Max(14, name.Length + 2)));
                }

                text.AppendLine($"{Number(row.Least)} - {Number(row.Most)}".PadLeft(20));
            }
        }

        _notes.ForEach(note => text.AppendLine(note));
        return text.ToString().TrimEnd();
    }

    private string PrintJson(BenchmarkSettings settings) => JsonSerializer.Serialize(new
    {
        benchmark = settings.Name,
        rounds = settings.Rounds,
        roundSeconds = settings.Round.TotalSeconds,
        simulatedFlushMs = settings.SimulatedFlushMilliseconds,
        processors = Environment.ProcessorCount,
        rows = _rows.Select(row => new { label = row.Label, medians = row.Medians, least = row.Least, most = row.Most }),
        notes = _notes,
    });

    /// <summary>A figure with as many digits as are worth reading.</summary>
    public static string Number(double value) => Math.Abs(value) switch
    {
        0 => "0",
        < 10 => $"{value:0.00}",
        < 1000 => $"{value:0.0}",
        _ => $"{value:#,0}",
    };

    private sealed record Row(string Label, IReadOnlyDictionary<string, double> Medians, double Least, double Most);
}
