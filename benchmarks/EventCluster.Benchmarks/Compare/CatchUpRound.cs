using EventCluster.Benchmarks.Clients;
using EventCluster.Benchmarks.Http;
using EventCluster.Benchmarks.Running;
using EventCluster.Benchmarks.Subjects;

namespace EventCluster.Benchmarks.Compare;

/// <summary>
/// Readers that replay streams which the server has not read since it was started, over SSE and GET. The streams are filled
/// one event per append, so that a block holds one, as after slow publishers. One stream of each kind only warms up.
/// </summary>
public static class CatchUpRound
{
    private const int OutstandingEach = 50;

    /// <summary>One round: fills, restarts, replays.</summary>
    public static async Task<IReadOnlyList<Figure>> RunAsync(BenchmarkContext context, ICompareSide side)
    {
        var (events, readers) = (context.Settings.Size("events", 10_000, 500), context.Settings.Size("catchup-readers", 100, 5));
        var streams = 1 + context.Settings.Size("catchup-streams", 3, 1);
        var data = Directory.CreateTempSubdirectory("eventcluster-catchup-").FullName;
        try
        {
            await using (var filled = await side.StartAsync(data, context.CancellationToken))
            {
                await FillAsync(filled, [.. Enumerable.Range(0, streams).SelectMany(i => (string[])[$"sse/{i}", $"get/{i}"])], events);
            }

            await using var subject = await side.StartAsync(data, context.CancellationToken);
            return
            [
                .. await ReplayAsync(subject, "SSE", streams, readers, (path, count) => new SseReader(path, count), events),
                .. await ReplayAsync(subject, "GET", streams, readers, (path, count) => new GetReader(path, count), events),
            ];
        }
        finally
        {
            Directory.Delete(data, recursive: true);
        }
    }

    private static async Task FillAsync(Subject subject, string[] streams, int events)
    {
        foreach (var stream in streams)
        {
            await subject.CreateAsync(stream);
        }

        await Task.WhenAll(streams.Select(stream =>
            new PipelinedPublisher(subject.AppendHead(stream), 0, OutstandingEach).RunAsync(subject.EndPoint, events)));
    }

    private static async Task<IReadOnlyList<Figure>> ReplayAsync(
        Subject subject, string way, int streams, int readers, Func<string, int, ICatchUpReader> create, int events)
    {
        var prefix = $"/v1/stream/{way.ToLowerInvariant()}";
        _ = await ReadAsync(0);
        var usage = new Usage(subject.Processes);
        var read = 0L;
        for (var i = 1; i < streams; i++)
        {
            read += await ReadAsync(i);
        }

        var used = usage.Stop(read);
        return
        [
            new($"{way} events/s", used.PerSecond), new($"{way} us/event", used.MicrosecondsEach),
            new($"{way} bytes/event", used.BytesEach), new($"{way} generator %", used.GeneratorShare),
        ];

        async Task<long> ReadAsync(int stream) => (await Task.WhenAll(
            Enumerable.Range(0, readers).Select(_ => create($"{prefix}/{stream}", events).RunAsync(subject.EndPoint)))).Sum();
    }
}
