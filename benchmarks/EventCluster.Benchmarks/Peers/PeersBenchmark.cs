using EventCluster.Benchmarks.FanOut;
using EventCluster.Benchmarks.Generator;
using EventCluster.Benchmarks.Running;
using EventCluster.Benchmarks.Subjects;
using EventCluster.TestKit.Servers;

namespace EventCluster.Benchmarks.Peers;

/// <summary>
/// The workloads of <c>fanout</c> on EventCluster and on its peers in turn, with one load generator, and whether the aims
/// are met. <c>benchmarks/peers/run.sh</c> installs the peers and runs it.
/// </summary>
public sealed class PeersBenchmark : IBenchmark
{
    private const string EventCluster = "EventCluster";
    private const string Bare = "bare Kestrel";
    private const string Nchan1 = "Nchan, 1 worker";
    private const string Nchan2 = "Nchan, 2 workers";
    private const string Node = "Durable Streams (npm)";

    private static readonly string Folder = Path.Combine(ServerFiles.Repository, "benchmarks", "peers");

    private static readonly Aim[] Aims =
    [
        new("w1", "deliveries/s", 10, Nchan1, IsAtLeast: true),
        new("w1", "deliveries/s", 5, Nchan2, IsAtLeast: true),
        new("w1", "deliveries/s", 0.7, Bare, IsAtLeast: true),
        new("w1-low", "server us/delivery", 1.25, Nchan1, IsAtLeast: false),
        new("w1-low", "p99 ms", 1, Nchan1, IsAtLeast: false),
        new("w2", "p50 ms", 3, null, IsAtLeast: false),
        new("w2", "p99 ms", 15, null, IsAtLeast: false),
        new("w2", "p99 ms", 2, Bare, IsAtLeast: false),
        new("w2", "server us/delivery", 3, Nchan1, IsAtLeast: false),
        new("w5", "p99 s", 0.5, Nchan1, IsAtLeast: false),
        new("w5", "p99 s", 1.25, Bare, IsAtLeast: false),
        new("w6", "bytes each", 13_000, null, IsAtLeast: false),
    ];

    /// <inheritdoc />
    public string Name => "peers";

    /// <inheritdoc />
    public string Summary => "the same against Nchan and the npm Durable Streams server, in turn (benchmarks/peers/run.sh installs them)";

    /// <inheritdoc />
    public async Task RunAsync(BenchmarkContext context)
    {
        var subjects = Subjects(context).Where(subject => context.Settings.Wants(subject.Key, "servers")).ToArray();
        var medians = new Dictionary<(string Workload, string Subject), IReadOnlyDictionary<string, double>>();
        foreach (var workload in Workload.All(context.Settings).Where(workload => context.Settings.Wants(workload.Key)))
        {
            var rows = await context.AlternateAsync([.. subjects.Select(subject =>
                ($"{workload.Label}: {subject.Name}", Round(context, workload, subject.StartAsync)))]);
            for (var i = 0; i < subjects.Length; i++)
            {
                medians[(workload.Key, subjects[i].Name)] = rows[i];
            }

            foreach (var aim in Aims.Where(aim => aim.Workload == workload.Key
                && medians.ContainsKey((workload.Key, EventCluster)) && (aim.Than is null || medians.ContainsKey((workload.Key, aim.Than)))))
            {
                context.Report.Note(aim.Judge(medians[(workload.Key, EventCluster)], aim.Than is { } than ? medians[(workload.Key, than)] : null));
            }
        }

        context.Report.Note("EventCluster and bare Kestrel flush to disk before they acknowledge; Nchan and the npm server keep messages in memory only. "
            + "HTTP/1.1 without TLS; order, gaps and duplicates checked at every reader, and every connect succeeded.");
    }

    private static IEnumerable<(string Key, string Name, Func<Task<Subject>> StartAsync)> Subjects(BenchmarkContext context)
    {
        var nginx = Path.Combine(Folder, "nchan.conf");
        yield return ("eventcluster", EventCluster, async () => await EventClusterSubject.StartAsync(context));
        yield return ("bare", Bare, async () => await BareSubject.StartAsync());
        yield return ("nchan1", Nchan1, async () => await NchanSubject.StartAsync(nginx, 1));
        yield return ("nchan2", Nchan2, async () => await NchanSubject.StartAsync(nginx, 2));
        yield return ("node", Node, async () => await DurableNodeSubject.StartAsync(Path.Combine(Folder, "durable-streams.mjs")));
    }

    private static Func<int, Task<IReadOnlyList<Figure>>> Round(
        BenchmarkContext context, Workload workload, Func<Task<Subject>> start) => _ => LoadLoop.RunAsync(async () =>
    {
        await using var subject = await start();
        return await workload.RunAsync(context, subject, subject.EventSource);
    });
}
