using EventCluster.Benchmarks.FanOut;
using EventCluster.Benchmarks.Generator;
using EventCluster.Benchmarks.Http;
using EventCluster.Benchmarks.Running;
using EventCluster.TestKit.Servers;

namespace EventCluster.Benchmarks.Clusters;

/// <summary>The cluster by its size: appends, deliveries, latency, and what each costs in processor time by role.</summary>
public sealed class ClusterBenchmark : IBenchmark
{
    private static readonly (int Backlogs, int Edges)[] Sizes = [(1, 1), (2, 1), (3, 1), (1, 2), (2, 2), (3, 2)];

    /// <inheritdoc />
    public string Name => "cluster";

    /// <inheritdoc />
    public string Summary => "1 to 3 backlog silos and 1 or 2 edges as processes: appends, deliveries, latency, processor time by role";

    /// <inheritdoc />
    public async Task RunAsync(BenchmarkContext context)
    {
        if (!File.Exists(LocalCluster.SiloDll))
        {
            context.Report.Note("The silo is not built: infra/local-cluster.sh build");
            return;
        }

        var sizes = Sizes.Where(size => context.Settings.Wants($"{size.Backlogs}x{size.Edges}", "sizes"));
        foreach (var (backlogs, edges) in context.Settings.Tiny ? sizes.Take(1) : sizes)
        {
            await using var cluster = await ClusterSubject.StartAsync(context, backlogs, edges);
            await MeasureAsync(context, cluster, $"{backlogs} backlog, {edges} edge");
        }

        context.Report.Note($"{Payloads.EventBytes}-byte events, flushed by PostgreSQL before the ack; silos, PostgreSQL and generator share the machine; "
            + "order, gaps and duplicates checked at every reader, tails equal the acknowledged counts.");
    }

    private static async Task MeasureAsync(BenchmarkContext context, ClusterSubject cluster, string size)
    {
        (string Key, string Label, Func<int, Task<IReadOnlyList<Figure>>> Round)[] parts =
        [
            ("appends", "appends", round => ClusterAppends.RunAsync(context, cluster, round)),
            ("delivery", "deliveries", round => ClusterDelivery.RunAsync(context, cluster, round)),
            ("latency", "latency", round => ClusterLatency.RunAsync(context, cluster, round)),
            ("idle", "idle readers", _ => IdleReaders.RunAsync(context, cluster.Edges[0], cluster.Edges[0].EventSource)),
            ("followed", "idle streams with a reader", round => ClusterFollowed.RunAsync(context, cluster, round)),
        ];
        foreach (var (key, label, round) in parts)
        {
            // What is idle hardly depends on the size of the cluster and takes its time: only where it is named.
            var isNamed = context.Settings.Sizes.ContainsKey("only");
            if (isNamed ? context.Settings.Wants(key) : key is "appends" or "delivery" or "latency")
            {
                await context.MeasureAsync($"{size}: {label}", number => LoadLoop.RunAsync(() => round(number)));
            }
        }
    }
}
