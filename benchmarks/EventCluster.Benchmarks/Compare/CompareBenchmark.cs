using EventCluster.Benchmarks.Running;
using EventCluster.Benchmarks.Subjects;
using EventCluster.TestKit.Servers;

namespace EventCluster.Benchmarks.Compare;

/// <summary>This checkout against another one: whether anything has become slower.</summary>
public sealed class CompareBenchmark : IBenchmark
{
    /// <summary>Its name on the command line.</summary>
    public const string Command = "compare";

    /// <summary>Rounds of each row when nothing else is said.</summary>
    public const int LeastRounds = 9;

    /// <summary>Rounds of a tiny run.</summary>
    public const int TinyRounds = 2;

    /// <summary>The measured part of a round.</summary>
    public const double RoundSeconds = 2.5;

    private const int MostTimesTheRounds = 3;
    private const int WarmingConnections = 64;
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan FirstWarmUp = TimeSpan.FromSeconds(3);

    /// <inheritdoc />
    public string Name => Command;

    /// <inheritdoc />
    public string Summary => "this checkout against another one, --against DIR: exit code 1 when a row is slower, 3 when one stays inconclusive";

    /// <inheritdoc />
    public async Task RunAsync(BenchmarkContext context)
    {
        var settings = context.Settings;
        var rows = Wanted(settings);
        var folder = Directory.CreateTempSubdirectory("eventcluster-compare-").FullName;
        try
        {
            var (before, after, heading) = await SidesAsync(settings, folder, context.CancellationToken);
            var most = settings.Size("most", settings.Rounds * MostTimesTheRounds, settings.Rounds);
            var results = await new Comparison(before, after, settings.Rounds, most).RunAsync(
                context with { Settings = settings with { ShortWarmUp = settings.Tiny ? null : WarmUp } }, rows, WarmAsync);
            var table = new CompareTable($"{heading}; rounds of {settings.Round.TotalSeconds:0.##} s", results);
            context.Report.Own = (table.Text, table.Json);

            // A tiny run only shows that it works.
            context.Report.ExitCode = settings.Tiny ? 0 : table.ExitCode;
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static CompareRow[] Wanted(BenchmarkSettings settings)
    {
        var all = CompareRows.Node(settings);
        var names = settings.Sizes.GetValueOrDefault("only")?.Split(',') ?? [];
        return Array.Find(names, name => !all.Any(row => row.Key.Equals(name, StringComparison.OrdinalIgnoreCase))) is { } unknown
            ? throw new SettingsException($"There is no row '{unknown}'. The rows are {string.Join(',', all.Select(row => row.Key))}.")
            : [.. all.Where(row => settings.Wants(row.Key))];
    }

    private static async Task<(ICompareSide Before, ICompareSide After, string Heading)> SidesAsync(
        BenchmarkSettings settings, string folder, CancellationToken cancellationToken)
    {
        var own = ServerFiles.Repository;
        if (settings.Against is null)
        {
            return settings.Tiny
                ? (SideOf("old", ServerFiles.Dll, own), SideOf("new", ServerFiles.Dll, own), "this build against itself")
                : throw new SettingsException(
                    "compare needs --against DIR, a checkout of the commit to compare with: git worktree add ../before COMMIT");
        }

        var other = Path.GetFullPath(settings.Against);
        var before = SideOf("old", await Publishing.PublishAsync(other, "old", folder, cancellationToken), other);
        var after = SideOf("new", await Publishing.PublishAsync(own, "new", folder, cancellationToken), own);
        return (before, after, $"old: {Publishing.CommitOf(other)}, new: {Publishing.CommitOf(own)}");

        ServerSide SideOf(string name, string dll, string checkout) =>
            new(name, dll, OptionNames.Of(checkout), ["--EventCluster:LogLevel=warning", .. settings.ServerArguments]);
    }

    private static Task WarmAsync(BenchmarkContext context, Subject subject) => AppendRound.RunAsync(
        context with { Settings = context.Settings with { ShortWarmUp = context.Settings.Tiny ? null : FirstWarmUp, Seconds = 0.1 } },
        subject,
        "warm",
        WarmingConnections,
        WarmingConnections);
}
