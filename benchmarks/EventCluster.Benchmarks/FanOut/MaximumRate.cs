using EventCluster.Benchmarks.Clients;
using EventCluster.Benchmarks.Running;
using EventCluster.Benchmarks.Subjects;

namespace EventCluster.Benchmarks.FanOut;

/// <summary>W1: one stream to 1,000 readers as fast as it goes; 16 publishers with 200 appends outstanding in all.</summary>
public static class MaximumRate
{
    private const string Stream = "w1";

    /// <summary>One round.</summary>
    public static async Task<IReadOnlyList<Figure>> RunAsync(BenchmarkContext context, Subject subject, LiveTransport transport)
    {
        var outstanding = context.Settings.Size("outstanding", 200, 16);
        var publisherCount = Math.Min(16, outstanding);
        await subject.CreateAsync(Stream);
        var readers = await Readers.ConnectAsync(
            subject, context.Settings.Size("readers", 1_000, 20), _ => new LiveReader(transport, Stream, 16 * 1024, new EventScan()));
        var publishers = Enumerable.Range(0, publisherCount).Select(lane => new PipelinedPublisher(
            subject.AppendHead(Stream), lane, (outstanding + publisherCount - 1 - lane) / publisherCount)).ToArray();
        var publishing = Task.WhenAll(publishers.Select(p => p.RunAsync(subject.EndPoint)));
        await Task.Delay(context.Settings.WarmUp, TimeProvider.System);

        var usage = new Usage(subject.Processes);
        var before = readers.Sum(r => r.Count);
        await MeasureTime.PassAsync(context.Settings.Round, () => readers.Sum(r => r.Count) > before || publishing.IsCompleted);
        var delivered = readers.Sum(r => r.Count) - before;
        var figures = usage.Stop(delivered);
        Array.ForEach(publishers, p => p.Stop());
        await publishing;
        var acknowledged = publishers.Sum(p => p.Acknowledged);
        await Readers.CompleteAsync(readers, _ => acknowledged);
        return
        [
            new("deliveries/s", figures.PerSecond),
            new("server us/delivery", figures.MicrosecondsEach),
            new("bytes/delivery", figures.BytesEach),
            new("generator %", figures.GeneratorShare),
        ];
    }
}
