using System.Diagnostics;
using EventCluster.Benchmarks.Http;
using EventCluster.Benchmarks.Running;

namespace EventCluster.Benchmarks.FanOut;

/// <summary>W1 and W6: one stream to many readers, at maximum and at a low rate, and what idle ones cost; EventSource and WebSocket.</summary>
public sealed class FanOutBenchmark : IBenchmark
{
    private const string Stream = "bench/fanout";
    private const string LivePath = $"/v1/stream/{Stream}";
    private const int LowRate = 100;

    /// <inheritdoc />
    public string Name => "fanout";

    /// <inheritdoc />
    public string Summary => "deliveries per second of one stream to many readers, latency at 100 events/s, bytes per idle reader";

    /// <inheritdoc />
    public async Task RunAsync(BenchmarkContext context)
    {
        var readers = context.Settings.Size("readers", 1_000, 20);
        var idle = context.Settings.Size("idle", 10_000, 50);
        foreach (var transport in (LiveTransport[])[LiveTransport.EventSource, LiveTransport.WebSocket])
        {
            await context.MeasureAsync(
                $"{transport.Name}, maximum rate, {readers} readers", _ => MeasureMaximumAsync(context, transport, readers));
            await context.MeasureAsync(
                $"{transport.Name}, {LowRate} events/s, {readers} readers", _ => MeasureLowRateAsync(context, transport, readers));
            await context.MeasureAsync($"{transport.Name}, idle, {idle} readers", _ => MeasureIdleAsync(context, transport, idle));
        }

        context.Report.Note($"{Payloads.EventBytes}-byte events over HTTP/1.1, flushed before the ack; order, gaps and duplicates "
            + "checked at every reader.");
    }

    private static async Task<IReadOnlyList<Figure>> MeasureMaximumAsync(
        BenchmarkContext context, LiveTransport transport, int readerCount)
    {
        var outstanding = context.Settings.Size("outstanding", 200, 16);
        var publisherCount = Math.Min(16, outstanding);
        await using var server = await BenchmarkServer.StartAsync(context);
        var target = new AppendTarget(server.Process.Url, Stream, Payloads.Event(0));
        await server.CreateAsync(target.Path, default);
        var readers = await ConnectAsync(server, transport, readerCount, 16 * 1024);
        var publishers = Enumerable.Range(0, publisherCount)
            .Select(i => new PipelinedPublisher(target, (outstanding + publisherCount - 1 - i) / publisherCount)).ToArray();
        var publishing = Task.WhenAll(publishers.Select(p => p.RunAsync(server.EndPoint)));
        await Task.Delay(context.Settings.Round / 5, TimeProvider.System);

        using var usage = new Usage(server);
        var before = readers.Sum(r => r.Count);
        await Task.WhenAny(Task.Delay(context.Settings.Round, TimeProvider.System), publishing);
        var delivered = readers.Sum(r => r.Count) - before;
        var figures = usage.Stop(delivered);
        Array.ForEach(publishers, p => p.Stop());
        await publishing;
        await CheckAllAsync(readers, target.Acknowledged);
        return [new("deliveries/s", figures.PerSecond), new("us/delivery", figures.MicrosecondsEach), new("generator %", figures.GeneratorShare)];
    }

    private static async Task<IReadOnlyList<Figure>> MeasureLowRateAsync(
        BenchmarkContext context, LiveTransport transport, int readerCount)
    {
        await using var server = await BenchmarkServer.StartAsync(context);
        var target = new AppendTarget(server.Process.Url, Stream, Payloads.Event(0));
        await server.CreateAsync(target.Path, default);
        var events = Math.Max(5, (int)(context.Settings.Round.TotalSeconds * LowRate));
        var due = new long[events + 1];
        var readers = await ConnectAsync(server, transport, readerCount, 4 * 1024, sequence => due[sequence]);
        Array.ForEach(readers, reader => reader.IsMeasuring = true);
        using var usage = new Usage(server);
        var start = Stopwatch.GetTimestamp() + (Stopwatch.Frequency / 10);
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(1), TimeProvider.System);
        for (var i = 1; i <= events; i++)
        {
            // The time that an event was due counts, not the time that it was sent.
            due[i] = start + (Stopwatch.Frequency / LowRate * i);
            while (Stopwatch.GetTimestamp() < due[i])
            {
                await timer.WaitForNextTickAsync();
            }

            await server.AppendAsync(target.Path, Payloads.Array(i, 1));
        }

        await CheckAllAsync(readers, events);
        var figures = usage.Stop(readers.Sum(r => r.Count));
        var latencies = new LatencyHistogram();
        Array.ForEach(readers, reader => latencies.Add(reader.Latencies));
        return
        [
            new("p99 ms", latencies.Percentile(0.99) * 1000.0 / Stopwatch.Frequency),
            new("p50 ms", latencies.Percentile(0.5) * 1000.0 / Stopwatch.Frequency),
            new("us/delivery", figures.MicrosecondsEach),
            new("generator %", figures.GeneratorShare),
        ];
    }

    private static async Task<IReadOnlyList<Figure>> MeasureIdleAsync(
        BenchmarkContext context, LiveTransport transport, int readerCount)
    {
        await using var server = await BenchmarkServer.StartAsync(context);
        await server.CreateAsync($"/v1/stream/{Stream}", default);
        var few = await ConnectAsync(server, transport, 50, 512);
        var before = Usage.ResidentBytes(server);
        var readers = await ConnectAsync(server, transport, readerCount, 512);

        // Until the server is at rest: what a connection needs only to begin is not counted.
        var (last, resident) = (long.MaxValue, Usage.ResidentBytes(server));
        for (var i = 0; i < 20 && Math.Abs(last - resident) > 256 * 1024; i++)
        {
            await Task.Delay(context.Settings.Round, TimeProvider.System);
            (last, resident) = (resident, Usage.ResidentBytes(server));
        }

        Array.ForEach(few, reader => reader.Dispose());
        Array.ForEach(readers, reader => reader.Dispose());
        return [new("bytes each", (resident - before) / (double)readerCount), new("resident MB", resident / 1e6)];
    }

    private static async Task<LiveReader[]> ConnectAsync(
        BenchmarkServer server, LiveTransport transport, int count, int bufferBytes, Func<long, long>? sentAt = null)
    {
        BenchmarkContext.Progress($"connecting {count} readers");
        var readers = new LiveReader[count];
        for (var i = 0; i < count; i++)
        {
            readers[i] = new LiveReader(transport, LivePath, bufferBytes, sentAt);
            await readers[i].ConnectAsync(server.EndPoint);
            _ = readers[i].RunAsync();
        }

        return readers;
    }

    private static async Task CheckAllAsync(LiveReader[] readers, long events)
    {
        var started = Stopwatch.GetTimestamp();
        while (Array.Exists(readers, reader => reader.Count != events))
        {
            if (Stopwatch.GetElapsedTime(started) > TimeSpan.FromSeconds(30))
            {
                throw new InvalidDataException(
                    $"{readers.Count(reader => reader.Count != events)} readers have not all of {events} events.");
            }

            await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System);
        }

        Array.ForEach(readers, reader => reader.Dispose());
    }
}
