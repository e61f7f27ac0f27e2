using EventCluster.Benchmarks.Generator;
using EventCluster.Benchmarks.Running;
using EventCluster.Benchmarks.Streams;

namespace EventCluster.Benchmarks.Http;

/// <summary>Appends acknowledged per second by the real server process, over HTTP/1.1.</summary>
public sealed class HttpBenchmark : IBenchmark
{
    /// <inheritdoc />
    public string Name => "http";

    /// <inheritdoc />
    public string Summary => "appends acked per second by a server process at 1, 16, 64, 256 connections, one and 1,000 streams";

    /// <inheritdoc />
    public async Task RunAsync(BenchmarkContext context)
    {
        await using var server = await BenchmarkServer.StartAsync(context);
        foreach (var streams in new[] { 1, context.Settings.Size("streams", 1000, 10) })
        {
            var targets = await PrepareAsync(server, streams);
            foreach (var connections in new[] { 1, 16, 64, 256 })
            {
                await context.MeasureAsync($"{connections,3} connections, {streams} stream(s)", async _ =>
                    (await LoadLoop.RunAsync(() => LoadGenerator.RunAsync(
                        server.EndPoint, targets, connections, context.Settings.Round / 5, context.Settings.Round, server.Processes))).Figures);
            }

            await VerifyAsync(server, targets);
        }

        var ceiling = await LogBenchmark.MeasureAsync(context, callers: 64, streams: 1);
        context.Report.Note($"ceiling of the rung below (log, 64 callers, 1 stream): {ceiling:#,0} appends per second.");
        context.Report.Note($"{Payloads.EventBytes}-byte JSON events; every answer checked; tails equal the acknowledged counts.");
    }

    private static async Task<AppendTarget[]> PrepareAsync(BenchmarkServer server, int streams)
    {
        var payload = Payloads.Event(0);
        var targets = Enumerable.Range(0, streams)
            .Select(i => new AppendTarget(server.Process.Url, $"bench/{streams}/{i}", payload)).ToArray();
        foreach (var target in targets)
        {
            await server.CreateAsync(target.Path, default);
        }

        return targets;
    }

    private static async Task VerifyAsync(BenchmarkServer server, AppendTarget[] targets)
    {
        foreach (var target in targets)
        {
            var tail = await server.TailAsync(target.Path);
            if (tail != target.Acknowledged)
            {
                throw new InvalidDataException($"{target.Path}: {target.Acknowledged} appends acknowledged, the tail is {tail}.");
            }
        }
    }
}
