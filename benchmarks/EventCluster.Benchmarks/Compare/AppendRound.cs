using System.Diagnostics;
using EventCluster.Benchmarks.Clients;
using EventCluster.Benchmarks.Http;
using EventCluster.Benchmarks.Running;
using EventCluster.Benchmarks.Subjects;

namespace EventCluster.Benchmarks.Compare;

/// <summary>Appends, each connection with one outstanding.</summary>
public static class AppendRound
{
    private const double SlowPerSecond = 15;

    /// <summary>As fast as they are acknowledged.</summary>
    public static async Task<IReadOnlyList<Figure>> RunAsync(BenchmarkContext context, Subject subject, string prefix, int connections, int streams) =>
        (await LoadAsync(context, subject, await TargetsAsync(subject, prefix, streams), connections)).Figures;

    /// <summary>The same, with somebody beside it who appends 15 events per second to a stream of his own; the latencies are his.</summary>
    public static async Task<IReadOnlyList<Figure>> BesideAsync(BenchmarkContext context, Subject subject, int connections)
    {
        const string Slow = "append-15/slow";
        await subject.CreateAsync(Slow);
        var latencies = new LatencyHistogram();
        var answered = 0;
        var publisher = new OpenLoopPublisher([subject.AppendHead(Slow)], SlowPerSecond, subject.EndPoint, 1);
        publisher.OnAnswers = answers =>
        {
            for (; answers > 0; answers--)
            {
                latencies.Record(Stopwatch.GetTimestamp() - publisher.DueAt(0, answered++));
            }
        };
        var targets = await TargetsAsync(subject, "append-15", 1);
        var load = LoadAsync(context, subject, targets, connections);
        var seconds = (context.Settings.WarmUp + context.Settings.Round).TotalSeconds;
        await publisher.RunAsync(Math.Max(1, (int)(SlowPerSecond * seconds * 0.9)), context.CancellationToken);
        return [.. (await load).Figures.Where(figure => !figure.Name.EndsWith(" ms", StringComparison.Ordinal)), .. latencies.Figures("ms")];
    }

    private static Task<LoadResult> LoadAsync(BenchmarkContext context, Subject subject, AppendTarget[] targets, int connections) =>
        LoadGenerator.RunAsync(subject.EndPoint, targets, connections, context.Settings.WarmUp, context.Settings.Round, subject.Processes);

    private static async Task<AppendTarget[]> TargetsAsync(Subject subject, string prefix, int streams)
    {
        var names = Enumerable.Range(0, streams).Select(i => $"{prefix}/{i}").ToArray();
        foreach (var name in names)
        {
            await subject.CreateAsync(name);
        }

        return [.. names.Select(name => new AppendTarget(new Uri($"http://{subject.EndPoint}"), name, Payloads.Event(0)))];
    }
}
