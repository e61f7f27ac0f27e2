using EventCluster.Benchmarks.Compare;

namespace EventCluster.Benchmarks.Running;

/// <summary>What the command line says.</summary>
public sealed record BenchmarkSettings
{
    /// <summary>Rounds per case; the figures are medians over them.</summary>
    public const int DefaultRounds = 3;

    /// <summary>The benchmark.</summary>
    public string Name { get; init; } = "";

    /// <summary>Seconds per case, over all its rounds.</summary>
    public double Seconds { get; init; } = 6;

    /// <summary>Print one JSON document instead of a table.</summary>
    public bool Json { get; init; }

    /// <summary>Smallest sizes: only shows that the benchmark works.</summary>
    public bool Tiny { get; init; }

    /// <summary>Rounds per case.</summary>
    public int Rounds { get; init; } = DefaultRounds;

    /// <summary>Milliseconds that each flush takes at least; 0 for the disk as it is.</summary>
    public double SimulatedFlushMilliseconds { get; init; }

    /// <summary>Size parameters of one benchmark, <c>--set key=value</c>.</summary>
    public IReadOnlyDictionary<string, string> Sizes { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>Further arguments of the server, <c>--server ARGUMENT</c>: an option to compare.</summary>
    public IReadOnlyList<string> ServerArguments { get; init; } = [];

    /// <summary>Further arguments of the old side of a comparison only, <c>--old ARGUMENT</c>: one build with two settings.</summary>
    public IReadOnlyList<string> OldArguments { get; init; } = [];

    /// <summary>How long one round lasts.</summary>
    public TimeSpan Round => Tiny ? TimeSpan.FromMilliseconds(150) : TimeSpan.FromSeconds(Seconds / Rounds);

    /// <summary>The checkout to compare with, <c>--against DIR</c>.</summary>
    public string? Against { get; init; }

    /// <summary>What comes before a round of live load on a server that is warm already; null where each round has a fresh one.</summary>
    public TimeSpan? ShortWarmUp { get; init; }

    /// <summary>What comes before a round of live load: long enough for the servers to compile their hot paths.</summary>
    public TimeSpan WarmUp => ShortWarmUp ?? (Tiny ? Round / 5 : TimeSpan.FromSeconds(Math.Max(4, Seconds / Rounds / 5)));

    /// <summary>A size that <c>--set</c> may change.</summary>
    public int Size(string key, int normal, int tiny) =>
        Sizes.TryGetValue(key, out var text) ? int.Parse(text) : Tiny ? tiny : normal;

    /// <summary>Whether a part was asked for, <c>--set only=a,b</c>; all parts are unless some are named.</summary>
    public bool Wants(string part, string key = "only") =>
        !Sizes.TryGetValue(key, out var parts) || parts.Split(',').Contains(part, StringComparer.OrdinalIgnoreCase);

    // A comparison needs an interval and takes its rounds from several cases at once; the others show a spread.
    private int DefaultRoundsOf() => (Name == CompareBenchmark.Command, Tiny) switch
    {
        (true, true) => CompareBenchmark.TinyRounds,
        (true, false) => CompareBenchmark.LeastRounds,
        (false, true) => 1,
        (false, false) => DefaultRounds,
    };

    private double DefaultSeconds() => Name == CompareBenchmark.Command ? Rounds * CompareBenchmark.RoundSeconds : Seconds;

    /// <summary>Reads the arguments; null with a message when they are not understood.</summary>
    public static BenchmarkSettings? Parse(IReadOnlyList<string> arguments, out string? error)
    {
        var settings = new BenchmarkSettings();
        var sizes = new Dictionary<string, string>(StringComparer.Ordinal);
        var server = new List<string>();
        var old = new List<string>();
        var (seconds, rounds) = ((double?)null, (int?)null);
        error = null;
        for (var i = 0; i < arguments.Count; i++)
        {
            var next = i + 1 < arguments.Count ? arguments[i + 1] : null;
            switch (arguments[i])
            {
                case "--json":
                    settings = settings with { Json = true };
                    break;
                case "--tiny":
                    settings = settings with { Tiny = true };
                    break;
                case "--seconds" when double.TryParse(next, out var given) && given > 0:
                    seconds = given;
                    i++;
                    break;
                case "--rounds" when int.TryParse(next, out var given) && given > 0:
                    rounds = given;
                    i++;
                    break;
                case "--simulated-flush-ms" when double.TryParse(next, out var milliseconds) && milliseconds >= 0:
                    settings = settings with { SimulatedFlushMilliseconds = milliseconds };
                    i++;
                    break;
                case "--server" when next is not null:
                    server.Add(next);
                    i++;
                    break;
                case "--old" when next is not null:
                    old.Add(next);
                    i++;
                    break;
                case "--against" when next is not null:
                    settings = settings with { Against = next };
                    i++;
                    break;
                case "--rows" when next is not null:
                    sizes["only"] = next;
                    i++;
                    break;
                case "--set" when next?.Split('=') is [var key, var value]:
                    sizes[key] = value;
                    i++;
                    break;
                case var name when settings.Name.Length == 0 && !name.StartsWith('-'):
                    settings = settings with { Name = name };
                    break;
                default:
                    error = $"'{arguments[i]}' is not understood.";
                    return null;
            }
        }

        settings = settings with { Rounds = rounds ?? settings.DefaultRoundsOf() };
        return settings with { Sizes = sizes, ServerArguments = server, OldArguments = old, Seconds = seconds ?? settings.DefaultSeconds() };
    }
}
