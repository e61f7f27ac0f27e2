using System.Diagnostics;
using EventCluster.Benchmarks.Clients;
using EventCluster.Benchmarks.Running;
using EventCluster.Benchmarks.Subjects;

namespace EventCluster.Benchmarks.FanOut;

/// <summary>
/// Events at a fixed rate: W1 at a low rate (one stream, many readers) and W2 (many streams with one reader each). What
/// comes first only warms up.
/// </summary>
/// <param name="Streams">How many streams.</param>
/// <param name="ReadersEach">Readers of each.</param>
/// <param name="PerSecond">Events per second over all streams.</param>
public sealed record SteadyRate(int Streams, int ReadersEach, int PerSecond)
{
    /// <summary>One round.</summary>
    public async Task<IReadOnlyList<Figure>> RunAsync(BenchmarkContext context, Subject subject, LiveTransport transport)
    {
        for (var i = 0; i < Streams; i++)
        {
            await subject.CreateAsync($"steady/{i}");
        }

        var publisher = new OpenLoopPublisher(
            [.. Enumerable.Range(0, Streams).Select(i => subject.AppendHead($"steady/{i}"))], PerSecond, subject.EndPoint, context.Settings.Size("publishers", 64, 8));
        var isMeasuring = false;
        var latencies = Enumerable.Range(0, Streams * ReadersEach).Select(_ => new LatencyHistogram()).ToArray();
        var readers = await Readers.ConnectAsync(subject, latencies.Length, i =>
        {
            var (stream, histogram) = (i % Streams, latencies[i]);
            return new LiveReader(transport, $"steady/{stream}", 2 * 1024, new EventScan(0, number =>
            {
                if (isMeasuring)
                {
                    histogram.Record(Stopwatch.GetTimestamp() - publisher.DueAt(stream, number));
                }
            }));
        });

        var warmUp = EventsEach(context.Settings.WarmUp);
        await publisher.RunAsync(warmUp, context.CancellationToken);
        await Readers.ArriveAsync(readers, _ => warmUp);
        var usage = new Usage(subject.Processes);
        isMeasuring = true;
        var measured = EventsEach(context.Settings.Round);
        await publisher.RunAsync(measured, context.CancellationToken);
        await Readers.CompleteAsync(readers, _ => warmUp + measured);
        var figures = usage.Stop((long)measured * readers.Length);
        var all = new LatencyHistogram();
        Array.ForEach(latencies, all.Add);
        return
        [
            .. all.Figures("ms"),
            new("server us/delivery", figures.MicrosecondsEach),
            new("bytes/delivery", figures.BytesEach),
            new("deliveries/s", figures.PerSecond),
            new("generator %", figures.GeneratorShare),
        ];
    }

    private int EventsEach(TimeSpan time) => Math.Max(1, (int)(time.TotalSeconds * PerSecond / Streams));
}
