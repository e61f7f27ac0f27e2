using EventCluster.Benchmarks.Clients;
using EventCluster.Benchmarks.FanOut;
using EventCluster.Benchmarks.Running;
using EventCluster.Benchmarks.Subjects;
using EventCluster.TestKit.Servers;

namespace EventCluster.Benchmarks.Clusters;

/// <summary>A cluster of real processes on this machine, started by <c>infra/local-cluster.sh</c>; load goes to its edges.</summary>
public sealed class ClusterSubject : IAsyncDisposable
{
    private readonly LocalCluster _cluster;

    private ClusterSubject(LocalCluster cluster, IReadOnlyList<ClusterProcess> processes)
    {
        _cluster = cluster;
        var (edges, backlogs, store) = (PidsOf("edge"), PidsOf("backlog"), PostgresPid(cluster.Folder));
        Edges = [.. processes.Where(process => process.Name.StartsWith("edge", StringComparison.Ordinal)).Select(edge => new EdgeSubject(edge))];
        Roles =
        [
            ("edge", Tree(edges)), ("backlog", Tree(backlogs)), ("store", Tree([store])),
        ];
        All = Tree([.. edges, .. backlogs, store]);

        int[] PidsOf(string role) =>
            [.. processes.Where(process => process.Name.StartsWith(role, StringComparison.Ordinal)).Select(process => process.Pid)];
    }

    /// <summary>Where clients connect.</summary>
    public IReadOnlyList<EdgeSubject> Edges { get; }

    /// <summary>The processes of each role.</summary>
    public IReadOnlyList<(string Role, ProcessTree Processes)> Roles { get; }

    /// <summary>All that serve: silos and PostgreSQL. The load balancer stands idle.</summary>
    public ProcessTree All { get; }

    /// <summary>Starts one.</summary>
    public static async Task<ClusterSubject> StartAsync(BenchmarkContext context, int backlogs, int edges)
    {
        BenchmarkContext.Progress($"starting {backlogs} backlog silos and {edges} edges");
        var cluster = await LocalCluster.UpAsync(
            LocalClusterSetup.OnFreePorts() with { Backlogs = backlogs, Edges = edges, Environment = OptionsOf(context.Settings) },
            context.CancellationToken);
        try
        {
            return new ClusterSubject(cluster, await cluster.StatusAsync(context.CancellationToken));
        }
        catch
        {
            await cluster.DisposeAsync();
            throw;
        }
    }

    /// <summary>Connects readers to the edges in turn.</summary>
    public async Task<LiveReader[]> ConnectAsync(int count, Func<int, LiveReader> create)
    {
        var readers = new LiveReader[count];
        for (var edge = 0; edge < Edges.Count; edge++)
        {
            var first = edge;
            var share = (count - first + Edges.Count - 1) / Edges.Count;
            var connected = await Readers.ConnectAsync(Edges[edge], share, i => create(first + (i * Edges.Count)));
            for (var i = 0; i < share; i++)
            {
                readers[first + (i * Edges.Count)] = connected[i];
            }
        }

        return readers;
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        foreach (var edge in Edges)
        {
            await edge.DisposeAsync();
        }

        await _cluster.DisposeAsync();
    }

    private static ProcessTree Tree(IReadOnlyList<int> roots) => new(roots, () => ValueTask.CompletedTask);

    private static int PostgresPid(string folder) => int.Parse(File.ReadLines(Path.Combine(folder, "postgres", "data", "postmaster.pid")).First());

    // "--server --EventCluster:A:B=C" as the environment of all silos.
    private static Dictionary<string, string> OptionsOf(BenchmarkSettings settings)
    {
        var options = new Dictionary<string, string>(LocalClusterSetup.Patient, StringComparer.Ordinal) { ["EventCluster__LogLevel"] = "warning" };
        foreach (var argument in settings.ServerArguments)
        {
            if (argument.TrimStart('-').Split('=', 2) is not [var name, var value])
            {
                throw new FormatException($"'{argument}' is not --NAME=VALUE.");
            }

            options[name.Replace(":", "__", StringComparison.Ordinal)] = value;
        }

        return options;
    }
}
