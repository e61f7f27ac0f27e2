using System.Diagnostics;
using EventCluster.Benchmarks.Clients;
using EventCluster.Benchmarks.FanOut;
using EventCluster.Benchmarks.Running;

namespace EventCluster.Benchmarks.Clusters;

/// <summary>
/// Events at a fixed rate through the first edge to readers at all edges: from the time that an event is due, over the edge,
/// the stream's silo and the store, to the reader. Every step is a step between processes.
/// </summary>
public static class ClusterLatency
{
    /// <summary>One round on streams of its own.</summary>
    public static async Task<IReadOnlyList<Figure>> RunAsync(BenchmarkContext context, ClusterSubject cluster, int round)
    {
        var settings = context.Settings;
        var (count, each, rate) = (settings.Size("rate-streams", 50, 4), settings.Size("rate-readers-each", 10, 3), settings.Size("rate", 500, 40));
        var streams = Enumerable.Range(0, count).Select(i => $"latency/{round}/{i}").ToArray();
        foreach (var stream in streams)
        {
            await cluster.Edges[0].CreateAsync(stream);
        }

        var publisher = new OpenLoopPublisher(
            [.. streams.Select(cluster.Edges[0].AppendHead)], rate, cluster.Edges[0].EndPoint);
        var isMeasuring = false;
        var latencies = Enumerable.Range(0, count * each).Select(_ => new LatencyHistogram()).ToArray();
        var readers = await cluster.ConnectAsync(latencies.Length, i => new LiveReader(
            cluster.Edges[0].EventSource, streams[i / each], 2 * 1024, new EventScan(0, number =>
            {
                if (Volatile.Read(ref isMeasuring))
                {
                    latencies[i].Record(Stopwatch.GetTimestamp() - publisher.DueAt(i / each, number));
                }
            })));

        var warmUp = EventsEach(settings.WarmUp);
        await publisher.RunAsync(warmUp, context.CancellationToken);
        await Readers.ArriveAsync(readers, _ => warmUp);
        var usage = new ClusterUsage(cluster);
        Volatile.Write(ref isMeasuring, true);
        var measured = EventsEach(settings.Round);
        await publisher.RunAsync(measured, context.CancellationToken);
        await Readers.CompleteAsync(readers, _ => warmUp + measured);
        var figures = usage.Stop("events/s", "event", (long)measured * count);
        var all = new LatencyHistogram();
        Array.ForEach(latencies, all.Add);
        return [new("p99 ms", Milliseconds(0.99)), new("p50 ms", Milliseconds(0.5)), .. figures];

        int EventsEach(TimeSpan time) => Math.Max(1, (int)(time.TotalSeconds * rate / count));
        double Milliseconds(double share) => all.Percentile(share) * 1000.0 / Stopwatch.Frequency;
    }
}
