using EventCluster.Protocol;
using EventCluster.TestKit;
using EventCluster.TestKit.History;
using EventCluster.TestKit.Servers;
using EventCluster.TestKit.Subscribers;

namespace EventCluster.Failover;

/// <summary>Steady load on a cluster: one publisher and one reader per stream, of every kind, and what they all saw.</summary>
internal sealed class Workload : IAsyncDisposable
{
    /// <summary>As long as a cold start of the whole cluster.</summary>
    private static readonly TimeSpan Guard = TimeSpan.FromMinutes(4);

    private static readonly TimeSpan LookInterval = TimeSpan.FromMilliseconds(5);

    /// <summary>Its place among the clients.</summary>
    private const int LongPoll = 2;

    private readonly ISubscriberClient[] _clients = [new EventSourceClient(), new WebSocketClient(), new PollClient(isLong: true)];
    private readonly HttpAppendPort[] _edges;
    private readonly CancellationTokenSource _readersEnd;
    private readonly Reader[] _readers;
    private readonly string[] _streams;
    private readonly Uri _server;
    private Task[] _reading = [];
    private Task[] _writing = [];
    private volatile bool _isStopping;

    private Workload(Uri server, HttpAppendPort[] edges, string[] streams, TimeProvider time, CancellationToken cancellationToken)
    {
        (_server, _edges, _streams) = (server, edges, streams);
        Stalls = new StallBook(time);
        _readersEnd = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        _readers = [.. streams.Select((stream, i) =>
            new Reader(_clients[i % _clients.Length], server, stream, _clients[i % _clients.Length].Name, History, time))];
    }

    /// <summary>The streams.</summary>
    public IReadOnlyList<string> Streams => _streams;

    /// <summary>What everybody saw.</summary>
    public HistoryRecorder History { get; } = new();

    /// <summary>How long appends waited.</summary>
    public StallBook Stalls { get; }

    /// <summary>Connections that readers made after their first.</summary>
    public long Reconnects => _readers.Sum(reader => reader.Reconnects);

    /// <summary>Those of readers whose connection stays open, so not of long-poll.</summary>
    public long LiveReconnects => _readers.Where((_, i) => i % _clients.Length != LongPoll).Sum(reader => reader.Reconnects);

    /// <summary>Creates the streams and starts everybody.</summary>
    /// <param name="cluster">The cluster.</param>
    /// <param name="grains">Appends as a client of the cluster, beside those over the edges.</param>
    /// <param name="options">How many, and the seed.</param>
    /// <param name="cancellationToken">Ends everything.</param>
    public static async Task<Workload> StartAsync(
        LocalCluster cluster, IAppendPort grains, FailoverOptions options, CancellationToken cancellationToken)
    {
        Uri[] edges = [.. (await cluster.OfRoleAsync("edge", cancellationToken)).Select(edge => edge.Url)];
        string[] streams = [.. Enumerable.Range(0, options.Streams).Select(i => $"failover/{options.Seed}/{i}")];
        using (var publisher = new StreamPublisher(cluster.Url))
        {
            foreach (var stream in streams)
            {
                await RepeatAsync(() => publisher.CreateAsync(stream, "application/json", cancellationToken), cancellationToken);
            }
        }

        var workload = new Workload(
            cluster.Url, [new HttpAppendPort(edges, 0), new HttpAppendPort(edges, 1)], streams, TimeProvider.System, cancellationToken);
        IAppendPort[] ports = [.. workload._edges, grains];
        workload._reading = [.. workload._readers.Select(reader => reader.RunAsync(workload._readersEnd.Token))];
        workload._writing = [.. streams.Select((stream, i) => new Publisher(
            ports[i % ports.Length], stream, $"producer-{i}", workload.History, workload.Stalls,
            new Random(HashCode.Combine(options.Seed, i)), TimeProvider.System)
            .RunAsync(() => workload._isStopping, cancellationToken))];
        return workload;
    }

    /// <summary>How a stream's appends reach the cluster, for the report.</summary>
    public string WayOf(string stream) => (Array.IndexOf(_streams, stream) % (_edges.Length + 1)) switch
    {
        var way when way < _edges.Length => $"over edge {way + 1}",
        _ => "as cluster client",
    };

    /// <summary>Throws what ended a publisher or a reader too early.</summary>
    public async Task ThrowIfBrokenAsync() =>
        await Task.WhenAll(_writing.Concat(_reading).Where(task => task.IsCompleted));

    /// <summary>Waits until every stream has an append that began since the last restart of the stalls.</summary>
    public async Task UntilAllMovedAsync(string phase, CancellationToken cancellationToken)
    {
        var began = TimeProvider.System.GetTimestamp();
        while (Stalls.Moved() is var moved && moved < Streams.Count)
        {
            await ThrowIfBrokenAsync();
            if (TimeProvider.System.GetElapsedTime(began) > Guard)
            {
                throw new TimeoutException($"Phase '{phase}': {moved} of {Streams.Count} streams take appends after {Guard}.");
            }

            await Task.Delay(LookInterval, TimeProvider.System, cancellationToken);
        }

        await ThrowIfBrokenAsync();
    }

    /// <summary>Ends the publishers, lets the readers reach the tails, and reads every stream once more from its start.</summary>
    public async Task FinishAsync(CancellationToken cancellationToken)
    {
        _isStopping = true;
        await Task.WhenAll(_writing).WaitAsync(Guard, TimeProvider.System, cancellationToken);
        using var publisher = new StreamPublisher(_server);
        var poll = new PollClient(isLong: false);
        foreach (var reader in _readers)
        {
            var tail = await RepeatAsync(() => publisher.TailAsync(reader.Stream, cancellationToken), cancellationToken);
            await Phase.UntilAsync(
                $"{reader.Name} of {reader.Stream} is at the tail", $"{tail.Sequence}", () => reader.Sequence,
                seen => seen >= tail.Sequence, cancellationToken);
            await ReadFinalAsync(poll, reader.Stream, tail, cancellationToken);
        }

        await _readersEnd.CancelAsync();
        await Phase.OfAsync("readers end", Task.WhenAll(_reading));
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        _isStopping = true;
        await _readersEnd.CancelAsync();
        foreach (var edge in _edges)
        {
            edge.Dispose();
        }

        _readersEnd.Dispose();
    }

    /// <summary>Repeated as its client would: a creation is idempotent.</summary>
    private static async Task<T> RepeatAsync<T>(Func<Task<T>> call, CancellationToken cancellationToken)
    {
        var began = TimeProvider.System.GetTimestamp();
        while (true)
        {
            try
            {
                return await call();
            }
            catch (HttpRequestException) when (TimeProvider.System.GetElapsedTime(began) < Guard)
            {
                await Task.Delay(LookInterval, TimeProvider.System, cancellationToken);
            }
        }
    }

    private async Task ReadFinalAsync(PollClient poll, string stream, StreamOffset tail, CancellationToken cancellationToken)
    {
        History.Start(stream, "final", null);
        await using var follower = new Follower(poll, new SubscribeRequest(_server, stream, PayloadKind.Json), cancellationToken);
        foreach (var seen in await follower.EventsToAsync(tail))
        {
            History.Observe(stream, "final", seen.Offset, System.Text.Encoding.UTF8.GetString(seen.Payload.Span));
        }

        History.Final(stream, "final");
    }
}
