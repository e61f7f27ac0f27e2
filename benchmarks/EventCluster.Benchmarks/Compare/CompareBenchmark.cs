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
        var (node, cluster) = Wanted(settings);
        var folder = Directory.CreateTempSubdirectory("eventcluster-compare-").FullName;
        try
        {
            var results = new List<RowResult>();
            if (node.Length > 0)
            {
                results.AddRange(await CompareAsync(context, node, await SidesAsync(settings, folder, Publishing.Server, null, context.CancellationToken)));
            }

            if (cluster.Length > 0)
            {
                await using var store = await ClusterStore.StartAsync(settings);
                results.AddRange(await CompareAsync(context, cluster, await SidesAsync(settings, folder, Publishing.Silo, store, context.CancellationToken)));
            }

            var table = new CompareTable($"{HeadingOf(settings)}; rounds of {settings.Round.TotalSeconds:0.##} s", results);
            context.Report.Own = (table.Text, table.Json);

            // A tiny run only shows that it works.
            context.Report.ExitCode = settings.Tiny ? 0 : table.ExitCode;
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static Task<IReadOnlyList<RowResult>> CompareAsync(
        BenchmarkContext context, CompareRow[] rows, (ICompareSide Before, ICompareSide After) sides)
    {
        var settings = context.Settings;
        var most = settings.Size("most", settings.Rounds * MostTimesTheRounds, settings.Rounds);
        return new Comparison(sides.Before, sides.After, settings.Rounds, most).RunAsync(
            context with { Settings = settings with { ShortWarmUp = settings.Tiny ? null : WarmUp } }, rows, WarmAsync);
    }

    /// <summary>The rows that were named, <c>node</c> and <c>cluster</c> for all of one kind; those of a node when none was.</summary>
    private static (CompareRow[] Node, CompareRow[] Cluster) Wanted(BenchmarkSettings settings)
    {
        var (node, cluster) = (CompareRows.Node(settings), CompareRows.Cluster(settings));
        var names = settings.Sizes.GetValueOrDefault("only", CompareRows.NodeName).Split(',');
        string[] known = [CompareRows.NodeName, CompareRows.ClusterName, .. node.Concat(cluster).Select(row => row.Key)];
        return Array.Find(names, name => !known.Contains(name, StringComparer.OrdinalIgnoreCase)) is { } unknown
            ? throw new SettingsException($"There is no row '{unknown}'. The rows are {string.Join(',', known)}.")
            : (Of(node, CompareRows.NodeName), Of(cluster, CompareRows.ClusterName));

        CompareRow[] Of(IReadOnlyList<CompareRow> rows, string all) =>
            [.. rows.Where(row => Has(all) || Has(row.Key))];

        bool Has(string name) => names.Contains(name, StringComparer.OrdinalIgnoreCase);
    }

    private static string HeadingOf(BenchmarkSettings settings) => settings.Against is { } against
        ? $"old: {Publishing.CommitOf(Path.GetFullPath(against))}, new: {Publishing.CommitOf(ServerFiles.Repository)}"
        : "this build against itself";

    private static async Task<(ICompareSide Before, ICompareSide After)> SidesAsync(
        BenchmarkSettings settings, string folder, string program, ClusterStore? store, CancellationToken cancellationToken)
    {
        var own = ServerFiles.Repository;
        if (settings.Against is null)
        {
            var built = store is null ? ServerFiles.Dll : ServerFiles.SiloDll;
            return settings.Tiny
                ? (SideOf("old", built, own, settings.OldArguments), SideOf("new", built, own, []))
                : throw new SettingsException(
                    "compare needs --against DIR, a checkout of the commit to compare with: git worktree add ../before COMMIT");
        }

        var other = Path.GetFullPath(settings.Against);
        var before = SideOf("old", await Publishing.PublishAsync(program, other, "old", folder, cancellationToken), other, settings.OldArguments);
        var after = SideOf("new", await Publishing.PublishAsync(program, own, "new", folder, cancellationToken), own, []);
        return (before, after);

        ICompareSide SideOf(string name, string dll, string checkout, IReadOnlyList<string> further)
        {
            string[] arguments = ["--EventCluster:LogLevel=warning", .. settings.ServerArguments, .. further];
            return store is null
                ? new ServerSide(name, dll, OptionNames.Of(checkout), arguments)
                : new ClusterSide(name, dll, OptionNames.Of(checkout), arguments, store);
        }
    }

    private static Task WarmAsync(BenchmarkContext context, Subject subject) => AppendRound.RunAsync(
        context with { Settings = context.Settings with { ShortWarmUp = context.Settings.Tiny ? null : FirstWarmUp, Seconds = 0.1 } },
        subject,
        "warm",
        WarmingConnections,
        WarmingConnections);
}
