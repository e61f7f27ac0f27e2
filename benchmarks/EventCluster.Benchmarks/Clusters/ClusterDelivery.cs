using EventCluster.Benchmarks.Clients;
using EventCluster.Benchmarks.FanOut;
using EventCluster.Benchmarks.Running;

namespace EventCluster.Benchmarks.Clusters;

/// <summary>Some streams with many live readers each, at all edges, as fast as it goes.</summary>
public static class ClusterDelivery
{
    private const int OutstandingEach = 20;

    /// <summary>One round on streams of its own.</summary>
    public static async Task<IReadOnlyList<Figure>> RunAsync(BenchmarkContext context, ClusterSubject cluster, int round)
    {
        var streams = Enumerable.Range(0, context.Settings.Size("live-streams", 10, 2)).Select(i => $"delivery/{round}/{i}").ToArray();
        foreach (var stream in streams)
        {
            await cluster.Edges[0].CreateAsync(stream);
        }

        // Readers of one stream are at different edges: the number of edges would divide the number of streams.
        var each = context.Settings.Size("readers-each", 50, 3);
        var readers = await cluster.ConnectAsync(
            streams.Length * each, i => new LiveReader(cluster.Edges[0].EventSource, streams[i / each], 16 * 1024, new EventScan()));
        var publishers = streams.Select(stream => new PipelinedPublisher(cluster.Edges[0].AppendHead(stream), 0, OutstandingEach)).ToArray();
        var publishing = publishers.Select((publisher, i) => publisher.RunAsync(cluster.Edges[i % cluster.Edges.Count].EndPoint)).ToArray();
        await Task.Delay(context.Settings.WarmUp, TimeProvider.System);

        var usage = new ClusterUsage(cluster);
        var before = readers.Sum(reader => reader.Count);
        await MeasureTime.PassAsync(
            context.Settings.Round, () => readers.Sum(reader => reader.Count) > before || Array.Exists(publishing, task => task.IsCompleted));
        var figures = usage.Stop("deliveries/s", "delivery", readers.Sum(reader => reader.Count) - before);
        Array.ForEach(publishers, publisher => publisher.Stop());
        await Task.WhenAll(publishing);
        await Readers.CompleteAsync(readers, i => publishers[i / each].Acknowledged);
        return figures;
    }
}
