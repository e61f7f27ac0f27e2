using EventCluster.Benchmarks.Generator;
using EventCluster.Benchmarks.Running;
using EventCluster.Benchmarks.Subjects;

namespace EventCluster.Benchmarks.Http;

/// <summary>Events per second to 1 and 100 readers that replay one stream from disk, over SSE and GET.</summary>
public sealed class CatchUpBenchmark : IBenchmark
{
    private const int EventsPerAppend = 1000;
    private const string Path = "/v1/stream/bench/catchup";

    /// <inheritdoc />
    public string Name => "catchup";

    /// <inheritdoc />
    public string Summary => "events per second to 1 and 100 readers of a 10,000-event stream after a restart, SSE and GET";

    /// <inheritdoc />
    public async Task RunAsync(BenchmarkContext context)
    {
        var events = context.Settings.Size("events", 10_000, 2_000);
        var perAppend = context.Settings.Size("events-per-append", 1, EventsPerAppend);
        await using var server = await BenchmarkServer.StartAsync(context);
        await FillAsync(server, events, perAppend);
        foreach (var readers in new[] { 1, context.Settings.Size("readers", 100, 10) })
        {
            await context.MeasureAsync($"SSE, {readers} reader(s)", _ => ReadAsync(context, server, readers, () => new SseReader(Path, events)));
            await context.MeasureAsync($"GET, {readers} reader(s)", _ => ReadAsync(context, server, readers, () => new GetReader(Path, events)));
        }

        context.Report.Note($"{events} events of {Payloads.EventBytes} bytes, appended {perAppend} at a time; the server is "
            + "restarted before each round, so it reads from disk (the system's page cache is warm); order and count verified.");
    }

    private static async Task FillAsync(BenchmarkServer server, int events, int perAppend)
    {
        BenchmarkContext.Progress("filling the stream");
        await server.CreateAsync(Path, default);
        for (var first = 0; first < events; first += perAppend)
        {
            await server.AppendAsync(Path, Payloads.Array(first, Math.Min(perAppend, events - first)));
        }
    }

    private static async Task<IReadOnlyList<Figure>> ReadAsync(
        BenchmarkContext context, BenchmarkServer server, int readers, Func<ICatchUpReader> create)
    {
        await server.Process.TerminateAsync();
        await server.Process.RestartAsync(BenchmarkServer.Arguments(context), context.CancellationToken);
        return await LoadLoop.RunAsync(() => ReplayAsync(server, readers, create));
    }

    private static async Task<IReadOnlyList<Figure>> ReplayAsync(BenchmarkServer server, int readers, Func<ICatchUpReader> create)
    {
        var usage = new Usage(server.Processes);
        var events = (await Task.WhenAll(Enumerable.Range(0, readers).Select(_ => create().RunAsync(server.EndPoint)))).Sum();
        var used = usage.Stop(events);
        return
        [
            new("events/s", used.PerSecond),
            new("seconds", events / used.PerSecond),
            new("server us/event", used.MicrosecondsEach),
            new("bytes/event", used.BytesEach),
            new("generator %", used.GeneratorShare),
        ];
    }
}
