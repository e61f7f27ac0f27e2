using System.Diagnostics;
using EventCluster.Benchmarks.Clients;
using EventCluster.Benchmarks.FanOut;
using EventCluster.Benchmarks.Generator;
using EventCluster.Benchmarks.Http;
using EventCluster.Benchmarks.Running;
using EventCluster.Benchmarks.Subjects;

namespace EventCluster.Benchmarks.SlowReaders;

/// <summary>
/// 200 readers that take 1 KB/s of a stream of 5 MB/s: the server's memory each second, and what 50 normal readers of the
/// same stream notice, with and without them in turn.
/// </summary>
public sealed class SlowReaderBenchmark : IBenchmark
{
    private const string Stream = "slow";
    private const int BytesPerSecond = 1_024;
    private const double MostGrowth = 0.05;
    private const double MostSlowdown = 2;

    /// <inheritdoc />
    public string Name => "slow-reader";

    /// <inheritdoc />
    public string Summary => "memory each second under 200 readers at 1 KB/s of 5 MB/s; p99 of 50 normal readers with and without them";

    /// <inheritdoc />
    public async Task RunAsync(BenchmarkContext context)
    {
        var slow = context.Settings.Size("slow", 200, 5);
        var normal = context.Settings.Size("normal", 50, 3);
        var rate = context.Settings.Size("rate", 5_000_000 / Payloads.EventBytes, 500);
        var memory = new List<IReadOnlyList<double>>();
        var rows = await context.AlternateAsync(
        [
            ($"{normal} normal readers alone", async _ => (await LoadLoop.RunAsync(() => RunAsync(context, rate, normal, 0))).Figures),
            ($"{normal} normal readers beside {slow} slow ones", async _ =>
            {
                var (figures, megabytes) = await LoadLoop.RunAsync(() => RunAsync(context, rate, normal, slow));
                memory.Add(megabytes);
                return figures;
            }),
        ]);

        foreach (var megabytes in memory)
        {
            context.Report.Note($"resident MB each second: {string.Join(' ', megabytes.Select(mb => $"{mb:0}"))}");
        }

        Judge(context, "last third of the memory against the middle third, growth %", 100 * memory.Max(Growth), 100 * MostGrowth);
        Judge(context, "p99 with slow readers / without", rows[1]["p99 ms"] / rows[0]["p99 ms"], MostSlowdown);
        context.Report.Note($"{rate:#,0} events/s of {Payloads.EventBytes} bytes; slow readers take {BytesPerSecond} bytes/s and none was cut off; "
            + "order, gaps and duplicates checked at every normal reader.");
    }

    private static void Judge(BenchmarkContext context, string what, double value, double most) =>
        context.Report.Note($"aim {what}: at most {most:0.##}: {value:0.##}: {(value <= most ? "met" : "MISSED")}");

    private static double Growth(IReadOnlyList<double> megabytes)
    {
        var third = Math.Max(1, megabytes.Count / 3);
        var middle = megabytes.Skip(third).Take(third).Average();
        return (megabytes.Skip(2 * third).DefaultIfEmpty(middle).Average() / middle) - 1;
    }

    private static async Task<(IReadOnlyList<Figure> Figures, IReadOnlyList<double> Megabytes)> RunAsync(
        BenchmarkContext context, int rate, int normal, int slow)
    {
        await using var subject = await EventClusterSubject.StartAsync(context);
        await subject.CreateAsync(Stream);
        using var publisher = new BatchPublisher(subject.Url(Stream), rate);
        var isMeasuring = false;
        var latencies = Enumerable.Range(0, normal).Select(_ => new LatencyHistogram()).ToArray();
        var readers = await Readers.ConnectAsync(subject, normal, i => new LiveReader(
            subject.EventSource, Stream, 256 * 1024, new EventScan(0, number => Note(latencies[i], number))));
        var slowReaders = Enumerable.Range(0, slow).Select(_ => new SlowReader(subject.EventSource, Stream, BytesPerSecond)).ToArray();
        using var end = CancellationTokenSource.CreateLinkedTokenSource(context.CancellationToken);
        foreach (var reader in slowReaders)
        {
            await reader.ConnectAsync(subject.EndPoint);
        }

        var reading = Task.WhenAll(slowReaders.Select(reader => reader.RunAsync(end.Token)));
        var warm = publisher.Start(context.Settings.WarmUp);
        await warm;
        Volatile.Write(ref isMeasuring, true);
        var usage = new Usage(subject.Processes);
        var before = readers.Sum(reader => reader.Count);
        var publishing = publisher.Start(context.Settings.Round);
        var megabytes = await WatchAsync(context, subject, publishing);
        await publishing;
        var figures = usage.Stop(readers.Sum(reader => reader.Count) - before);
        await Readers.CompleteAsync(readers, _ => publisher.Published);
        await end.CancelAsync();
        await reading;
        Array.ForEach(slowReaders, reader => reader.Dispose());
        var all = new LatencyHistogram();
        Array.ForEach(latencies, all.Add);
        return
        (
            [
                new("p99 ms", Milliseconds(all, 0.99)),
                new("p50 ms", Milliseconds(all, 0.5)),
                new("server us/delivery", figures.MicrosecondsEach),
                new("resident MB", megabytes[^1]),
                new("generator %", figures.GeneratorShare),
            ],
            megabytes);

        void Note(LatencyHistogram histogram, int number)
        {
            if (Volatile.Read(ref isMeasuring))
            {
                histogram.Record(Stopwatch.GetTimestamp() - publisher.DueAt(number));
            }
        }
    }

    private static async Task<IReadOnlyList<double>> WatchAsync(BenchmarkContext context, EventClusterSubject subject, Task publishing)
    {
        var interval = context.Settings.Tiny ? TimeSpan.FromMilliseconds(50) : TimeSpan.FromSeconds(1);
        var megabytes = new List<double>();
        do
        {
            await Task.WhenAny(Task.Delay(interval, TimeProvider.System), publishing);
            megabytes.Add(subject.Processes.ResidentBytes / 1e6);
            BenchmarkContext.Progress($"resident: {megabytes[^1]:0} MB");
        }
        while (!publishing.IsCompleted);
        return megabytes;
    }

    private static double Milliseconds(LatencyHistogram latencies, double share) =>
        latencies.Percentile(share) * 1000.0 / Stopwatch.Frequency;
}
