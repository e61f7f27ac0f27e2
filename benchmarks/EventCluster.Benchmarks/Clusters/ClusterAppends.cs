using EventCluster.Benchmarks.Clients;
using EventCluster.Benchmarks.Running;
using EventCluster.Protocol;

namespace EventCluster.Benchmarks.Clusters;

/// <summary>Appends to many streams as fast as they are acknowledged, through all edges in turn; nobody reads.</summary>
public static class ClusterAppends
{
    private const int OutstandingEach = 4;

    /// <summary>One round on streams of its own.</summary>
    public static async Task<IReadOnlyList<Figure>> RunAsync(BenchmarkContext context, ClusterSubject cluster, int round)
    {
        var streams = Enumerable.Range(0, context.Settings.Size("streams", 100, 4)).Select(i => $"appends/{round}/{i}").ToArray();
        var publishers = new List<PipelinedPublisher>();
        var publishing = new List<Task>();
        for (var i = 0; i < streams.Length; i++)
        {
            var edge = cluster.Edges[i % cluster.Edges.Count];
            await edge.CreateAsync(streams[i]);
            publishers.Add(new PipelinedPublisher(edge.AppendHead(streams[i]), 0, OutstandingEach));
            publishing.Add(publishers[i].RunAsync(edge.EndPoint));
        }

        await Task.Delay(context.Settings.WarmUp, TimeProvider.System);
        var usage = new ClusterUsage(cluster);
        var before = publishers.Sum(publisher => publisher.Acknowledged);
        await MeasureTime.PassAsync(
            context.Settings.Round, () => publishers.Sum(publisher => publisher.Acknowledged) > before || publishing.Exists(each => each.IsCompleted));
        var figures = usage.Stop("appends/s", "append", publishers.Sum(publisher => publisher.Acknowledged) - before);
        publishers.ForEach(publisher => publisher.Stop());
        await Task.WhenAll(publishing);
        await VerifyAsync(cluster, streams, publishers);
        return figures;
    }

    // At the last edge: where there are two, some streams were written through the other one.
    private static async Task VerifyAsync(ClusterSubject cluster, string[] streams, List<PipelinedPublisher> publishers)
    {
        using var http = new HttpClient();
        for (var i = 0; i < streams.Length; i++)
        {
            using var request = new HttpRequestMessage(HttpMethod.Head, cluster.Edges[^1].Url(streams[i]));
            using var answer = await http.SendAsync(request);
            var tail = StreamOffset.Parse(answer.EnsureSuccessStatusCode().Headers.GetValues(HeaderNames.NextOffset).Single());
            if (tail.Sequence != publishers[i].Acknowledged)
            {
                throw new InvalidDataException($"{streams[i]}: {publishers[i].Acknowledged} appends acknowledged, the tail is {tail.Sequence}.");
            }
        }
    }
}
