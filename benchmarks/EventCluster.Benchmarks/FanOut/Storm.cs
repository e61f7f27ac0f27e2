using System.Diagnostics;
using EventCluster.Benchmarks.Clients;
using EventCluster.Benchmarks.Running;
using EventCluster.Benchmarks.Subjects;

namespace EventCluster.Benchmarks.FanOut;

/// <summary>W5: 5,000 clients connect at once and resume 20 events back; the time until each has caught up.</summary>
public static class Storm
{
    private const string Stream = "w5";
    private const int Missed = 20;
    private const int Events = 100;

    /// <summary>One round, after a small storm that warms up.</summary>
    public static async Task<IReadOnlyList<Figure>> RunAsync(BenchmarkContext context, Subject subject, LiveTransport transport)
    {
        await subject.CreateAsync(Stream);
        var resume = "";
        for (var i = 0; i < Events; i++)
        {
            var after = await subject.AppendAsync(Stream, i);
            resume = i == Events - Missed - 1 ? after : resume;
        }

        var clients = context.Settings.Size("clients", 5_000, 20);
        _ = await ConnectAllAsync(subject, transport, resume, Math.Max(1, clients / 5));
        await Task.Delay(context.Settings.WarmUp, TimeProvider.System);
        var usage = new Usage(subject.Processes);
        var latencies = await ConnectAllAsync(subject, transport, resume, clients);
        var figures = usage.Stop(clients);
        return
        [
            .. latencies.Figures("s"),
            new("clients/s", figures.PerSecond),
            new("server us/client", figures.MicrosecondsEach),
            new("bytes/client", figures.BytesEach),
            new("generator %", figures.GeneratorShare),
        ];
    }

    private static async Task<LatencyHistogram> ConnectAllAsync(Subject subject, LiveTransport transport, string resume, int clients)
    {
        var latencies = new LatencyHistogram();
        var readers = Enumerable.Range(0, clients)
            .Select(_ => new LiveReader(transport, Stream, 8 * 1024, new EventScan(Events - Missed), resume)).ToArray();
        var start = Stopwatch.GetTimestamp();
        await Task.WhenAll(readers.Select(async reader =>
        {
            await reader.ConnectAsync(subject.EndPoint);
            await reader.RunAsync(Missed);
            if (reader.Count != Missed)
            {
                throw new InvalidDataException($"A reader ended after {reader.Count} of {Missed} events.", reader.Fault);
            }

            latencies.Record(Stopwatch.GetTimestamp() - start);
        }));
        Array.ForEach(readers, reader => reader.Dispose());
        return latencies;
    }
}
