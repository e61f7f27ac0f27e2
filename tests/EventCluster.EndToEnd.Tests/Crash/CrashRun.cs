using EventCluster.EndToEnd.Tests.Http;
using EventCluster.TestKit;
using EventCluster.TestKit.History;
using EventCluster.TestKit.Servers;

namespace EventCluster.EndToEnd.Tests.Crash;

/// <summary>
/// One run: producers write, readers follow, the server is killed at a random moment and started again, everybody
/// retries. In the end every reader is at the tail, and the history holds what everybody saw.
/// </summary>
public sealed class CrashRun(CrashOptions options, ServerProcess server) : IDisposable
{
    private readonly Random _random = new(options.Seed);
    private readonly HttpClient _client = new(new SocketsHttpHandler { MaxConnectionsPerServer = int.MaxValue })
    {
        BaseAddress = server.Url,
        Timeout = Phase.HangGuard,
    };

    private long _acknowledged;
    private volatile bool _writersStop;

    /// <summary>What everybody saw.</summary>
    public HistoryRecorder History { get; } = new();

    /// <summary>Appends acknowledged so far.</summary>
    public long Acknowledged => Interlocked.Read(ref _acknowledged);

    /// <summary>Runs to the end.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        string[] streams = [.. Enumerable.Range(0, CrashOptions.Streams).Select(i => $"crash/{i}")];
        using var slow = new StreamClient(server.Url);
        foreach (var stream in streams)
        {
            await slow.CreateAsync(stream, "application/json", null, cancellationToken);
        }

        using var readersEnd = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        CrashReader[] readers = [.. streams.SelectMany(ReadersOf)];
        Task[] reading = [.. readers.Select(reader => reader.RunAsync(readersEnd.Token))];
        Task[] writing = [.. Enumerable.Range(0, CrashOptions.Producers).Select(i =>
            new CrashProducer(_client, History, $"producer-{i}", streams, new Random(HashCode.Combine(options.Seed, i)), OnAcknowledged)
                .RunAsync(() => _writersStop, cancellationToken))];

        for (var kill = 0; kill < options.Kills; kill++)
        {
            await UntilAcknowledgedAsync(
                CrashOptions.AppendsPerLife + _random.Next(CrashOptions.AppendsPerLife), [.. writing, .. reading], cancellationToken);
            await server.KillAsync();
            await server.RestartAsync([], cancellationToken);
        }

        await UntilAcknowledgedAsync(CrashOptions.AppendsPerLife, [.. writing, .. reading], cancellationToken);
        _writersStop = true;
        await Phase.OfAsync("writers end", Task.WhenAll(writing));
        await UntilReadersAtTailAsync(slow, readers, reading, cancellationToken);
        await readersEnd.CancelAsync();
        await Phase.OfAsync("readers end", Task.WhenAll(reading));
        foreach (var stream in streams)
        {
            var tail = readers.First(reader => reader.Stream == stream).Sequence;
            await new GetCrashReader(_client, History, stream, "final").ReadFinalAsync(tail, cancellationToken);
        }
    }

    /// <inheritdoc />
    public void Dispose() => _client.Dispose();

    private IEnumerable<CrashReader> ReadersOf(string stream, int index)
    {
        yield return new SseCrashReader(_client, History, stream);
        yield return index % 2 == 0 ? new LongPollCrashReader(_client, History, stream) : new GetCrashReader(_client, History, stream);
    }

    private void OnAcknowledged() => Interlocked.Increment(ref _acknowledged);

    private async Task UntilAcknowledgedAsync(int more, Task[] running, CancellationToken cancellationToken)
    {
        var goal = Acknowledged + more;
        await Phase.WhileAsync("appends are acknowledged", $"{goal}", () => Acknowledged, seen => seen >= goal, running, cancellationToken);
    }

    private static async Task UntilReadersAtTailAsync(
        StreamClient client, CrashReader[] readers, Task[] reading, CancellationToken cancellationToken)
    {
        foreach (var stream in readers.GroupBy(reader => reader.Stream, StringComparer.Ordinal))
        {
            using var head = await client.SendAsync(HttpMethod.Head, stream.Key, null, null, cancellationToken);
            var tail = StreamClient.Next(head).Sequence;
            foreach (var reader in stream)
            {
                await Phase.WhileAsync(
                    $"{reader.Name} of {reader.Stream} is at the tail", $"{tail}", () => reader, seen => seen.Sequence >= tail, reading,
                    cancellationToken);
            }
        }
    }
}
