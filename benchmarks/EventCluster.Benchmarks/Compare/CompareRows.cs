using EventCluster.Benchmarks.FanOut;
using EventCluster.Benchmarks.Running;

namespace EventCluster.Benchmarks.Compare;

/// <summary>What is compared: of one node, and of a small cluster.</summary>
public static class CompareRows
{
    private static readonly Gate[] Appending =
    [
        new("acks/s", GateKind.Rate), new("server us/ack", GateKind.Cost), new("bytes/ack", GateKind.Cost),
        new("p50 ms", GateKind.Printed), new("p99 ms", GateKind.Printed), new("generator %", GateKind.Printed),
    ];

    private static readonly Gate[] Delivering =
    [
        new("deliveries/s", GateKind.Rate), new("server us/delivery", GateKind.Cost), new("bytes/delivery", GateKind.Cost),
        new("generator %", GateKind.Printed),
    ];

    private static readonly Gate[] DeliveringInTime = [.. Delivering, new("p50 ms", GateKind.Printed), new("p99 ms", GateKind.Printed)];

    private static readonly Gate[] CatchingUp = [.. new[] { "SSE", "GET" }.SelectMany(way => (Gate[])
    [
        new($"{way} events/s", GateKind.Rate), new($"{way} us/event", GateKind.Cost), new($"{way} bytes/event", GateKind.Cost),
        new($"{way} generator %", GateKind.Printed),
    ])];

    private static readonly Gate[] Storming =
    [
        new("clients/s", GateKind.Rate), new("server us/client", GateKind.Cost), new("bytes/client", GateKind.Cost),
        new("generator %", GateKind.Printed), new("p50 s", GateKind.Printed), new("p99 s", GateKind.Printed),
    ];

    private static readonly Gate[] Idle = [new("bytes each", GateKind.Cost), new("resident MB", GateKind.Printed)];

    /// <summary>All, in the order of a round.</summary>
    public static IReadOnlyList<CompareRow> Node(BenchmarkSettings settings)
    {
        var (few, many) = (settings.Size("connections", 64, 4), settings.Size("append-streams", 1_000, 10));
        var workloads = Workload.All(settings);
        return
        [
            Append("append-1-1", 1, 1), Append("append-1-many", 1, many), Append("append-64-1", few, 1), Append("append-64-many", few, many),
            new("append-15", $"appends: 15/s beside {few} connections", Appending)
            {
                OnRunning = (context, subject) => AppendRound.BesideAsync(context, subject, few),
            },
            Live("w1", Delivering), Live("w1-low", DeliveringInTime), Live("w2", DeliveringInTime), Live("w5", Storming),
            new("w6", LabelOf("w6"), Idle) { OnFresh = RunFreshAsync },
            new("catchup", "catch-up after a restart", CatchingUp) { OnFresh = CatchUpRound.RunAsync },
        ];

        CompareRow Append(string key, int connections, int streams) =>
            new(key, $"appends: {connections} connection(s), {streams} stream(s)", Appending)
            {
                OnRunning = (context, subject) => AppendRound.RunAsync(context, subject, key, connections, streams),
            };

        CompareRow Live(string key, Gate[] gates) => new(key, LabelOf(key), gates)
        {
            OnRunning = (context, subject) => workloads.Single(each => each.Key == key).RunAsync(context, subject, subject.EventSource),
        };

        string LabelOf(string key) => workloads.Single(each => each.Key == key).Label;
    }

    /// <summary>What a question about the tail may cost more than before its answer was confirmed in the store, in milliseconds.</summary>
    private const double ConfirmedAddsMilliseconds = 0.5;

    private static readonly Gate[] Asking = [.. new[] { "HEAD", "GET" }.SelectMany(method => (Gate[])
    [
        new($"{method} p50 ms", GateKind.Printed) { MostAdded = ConfirmedAddsMilliseconds }, new($"{method} p99 ms", GateKind.Printed),
        new($"{method} server us", GateKind.Printed),
    ])];

    /// <summary>The name of all rows of one node.</summary>
    public const string NodeName = "node";

    /// <summary>How the rows of the cluster begin, and the name of all of them.</summary>
    public const string ClusterName = "cluster";

    /// <summary>Through the edge of a cluster, in the order of a round. On two cores a cluster carries less than a node, so its W2 is slower.</summary>
    public static IReadOnlyList<CompareRow> Cluster(BenchmarkSettings settings)
    {
        var (few, some) = (settings.Size("connections", 64, 4), settings.Size("cluster-streams", 100, 4));
        var sizes = new Dictionary<string, string>(settings.Sizes, StringComparer.Ordinal)
        {
            ["rate"] = $"{settings.Size("cluster-rate", 1_000, 50)}",
        };
        var workloads = Workload.All(settings with { Sizes = sizes });
        return
        [
            Append("append-1-1", 1, 1), Append("append-64-1", few, 1), Append("append-64-100", few, some),
            Live("w1", Delivering), Live("w2", DeliveringInTime),
            new($"{ClusterName}-tail", "cluster: HEAD, and GET at the tail, of an idle stream; 1 connection", Asking) { OnRunning = TailRound.RunAsync },
        ];

        CompareRow Append(string key, int connections, int streams) =>
            new($"{ClusterName}-{key}", $"cluster: appends: {connections} connection(s), {streams} stream(s)", Appending)
            {
                OnRunning = (context, subject) => AppendRound.RunAsync(context, subject, key, connections, streams),
            };

        CompareRow Live(string key, Gate[] gates)
        {
            var workload = workloads.Single(each => each.Key == key);
            return new($"{ClusterName}-{key}", $"cluster: {workload.Label}", gates)
            {
                OnRunning = (context, subject) => workload.RunAsync(context, subject, subject.EventSource),
            };
        }
    }

    private static async Task<IReadOnlyList<Figure>> RunFreshAsync(BenchmarkContext context, ICompareSide side)
    {
        await using var subject = await side.StartAsync(null, context.CancellationToken);
        return await IdleReaders.RunAsync(context, subject, subject.EventSource);
    }
}
