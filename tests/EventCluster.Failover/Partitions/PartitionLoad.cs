using EventCluster.Failover.Claims;
using EventCluster.Protocol;
using EventCluster.TestKit;
using EventCluster.TestKit.Claims;
using EventCluster.TestKit.History;
using EventCluster.TestKit.Subscribers;
using Microsoft.AspNetCore.Http.Connections;

namespace EventCluster.Failover.Partitions;

/// <summary>
/// Steady load on a cluster in namespaces: a publisher and two readers for each stream, one at each edge, which they never leave. Readers
/// are of every kind. Publishers move to the other edge when one does not acknowledge, or are clients of the cluster.
/// </summary>
internal sealed class PartitionLoad : IAsyncDisposable
{
    /// <summary>As long as a cold start of the whole cluster.</summary>
    private static readonly TimeSpan Guard = TimeSpan.FromMinutes(4);

    private static readonly TimeSpan LookInterval = TimeSpan.FromMilliseconds(5);

    /// <summary>So many requests of each way may wait at a node that is cut off.</summary>
    private const int AskersOfEachWay = 2;

    private static readonly TimeSpan AskPace = TimeSpan.FromMilliseconds(100);

    private readonly HttpAppendPort[] _http;
    private readonly MovingAppendPort[] _moving;
    private readonly CancellationTokenSource _readersEnd;
    private readonly string[] _streams;
    private readonly Uri[] _edges;
    private readonly bool _namesEveryOffset;
    private Reader[] _readers = [];
    private Task[] _reading = [];
    private Task[] _writing = [];
    private TailAskers? _askers;
    private volatile bool _isStopping;

    private PartitionLoad(Uri[] edges, string[] streams, ClaimRecorder claims, bool namesEveryOffset, CancellationToken cancellationToken)
    {
        (_edges, _streams, Claims, _namesEveryOffset) = (edges, streams, claims, namesEveryOffset);
        _readersEnd = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        _http = [.. edges.Select(edge => new HttpAppendPort([edge], 0))];
        _moving = [.. edges.Select((_, i) => new MovingAppendPort(_http, i))];
    }

    /// <summary>The streams.</summary>
    public IReadOnlyList<string> Streams => _streams;

    /// <summary>What everybody saw.</summary>
    public HistoryRecorder History { get; } = new();

    /// <summary>What answers claimed.</summary>
    public ClaimRecorder Claims { get; }

    /// <summary>How long appends waited.</summary>
    public StallBook Stalls { get; } = new(TimeProvider.System);

    /// <summary>Connections that readers made after their first.</summary>
    public long Reconnects => _readers.Sum(reader => reader.Reconnects);

    /// <summary>Creates the streams and starts everybody.</summary>
    /// <param name="cluster">The cluster.</param>
    /// <param name="grains">Appends as a client of the cluster, beside those over the edges.</param>
    /// <param name="streams">How many.</param>
    /// <param name="seed">Chooses payloads.</param>
    /// <param name="namesEveryOffset">
    /// Readers of transports only that name the offset of every event: where an incarnation begins in a run of events, what others count
    /// back from its end is not what the server says.
    /// </param>
    /// <param name="cancellationToken">Ends everything.</param>
    public static async Task<PartitionLoad> StartAsync(
        NamespaceCluster cluster, GrainAppendPort grains, int streams, int seed, bool namesEveryOffset, CancellationToken cancellationToken)
    {
        Uri[] edges = [.. cluster.Edges.Select(cluster.UrlOf)];
        string[] names = [.. Enumerable.Range(0, streams).Select(i => $"partitions/{i}")];
        var load = new PartitionLoad(edges, names, new ClaimRecorder(TimeProvider.System), namesEveryOffset, cancellationToken);
        Dictionary<string, StreamOffset> begins = new(StringComparer.Ordinal);
        using (var publisher = new StreamPublisher(edges[0]))
        {
            foreach (var stream in names)
            {
                var created = load.Claims.Create(stream);
                begins[stream] = await RepeatAsync(
                    () => publisher.CreateAsync(stream, "application/json", cancellationToken), cancellationToken);
                created.Acknowledge(begins[stream]);
            }
        }

        TailWay[] ways =
        [
            .. cluster.Edges.SelectMany(edge => TailWays.OfEdge(edge, cluster.UrlOf(edge), cluster.Network.NewHttpAt(edge))),
            .. GrainTailWay.Every(grains.Client),
        ];
        load._askers = new TailAskers(load.Claims, ways, begins, AskersOfEachWay, AskPace, TimeProvider.System);

        IAppendPort[] ports = [.. load._moving, grains];
        load._readers = [.. names.SelectMany((stream, i) => edges.Select((edge, e) => load.NewReader(stream, edge, i + e)))];
        load._reading = [.. load._readers.Select(reader => reader.RunAsync(load._readersEnd.Token))];
        load._writing = [.. names.Select((stream, i) => new Publisher(
            new RecordingAppendPort(ports[i % ports.Length], load.Claims), stream, $"producer-{i}", load.History, load.Stalls,
            new Random(HashCode.Combine(seed, i)), TimeProvider.System)
            .RunAsync(() => load._isStopping, cancellationToken))];
        return load;
    }

    /// <summary>Publishers go back to the edges where they began.</summary>
    public void Spread() => Array.ForEach(_moving, port => port.Reset());

    /// <summary>Throws what ended a publisher or a reader too early.</summary>
    public async Task ThrowIfBrokenAsync()
    {
        await Task.WhenAll(_writing.Concat(_reading).Where(task => task.IsCompleted));
        await _askers!.ThrowIfBrokenAsync();
    }

    /// <summary>Waits until every one of some streams has an append that began since the last restart of the stalls.</summary>
    public async Task UntilMovedAsync(string phase, IReadOnlyCollection<string> streams, CancellationToken cancellationToken)
    {
        var began = TimeProvider.System.GetTimestamp();
        while (streams.Except(Stalls.MovedStreams(), StringComparer.Ordinal).ToList() is { Count: > 0 } missing)
        {
            await ThrowIfBrokenAsync();
            if (TimeProvider.System.GetElapsedTime(began) > Guard)
            {
                throw new TimeoutException($"Phase '{phase}': {missing.Count} of {streams.Count} streams take no appends after {Guard}.");
            }

            await Task.Delay(LookInterval, TimeProvider.System, cancellationToken);
        }

        await ThrowIfBrokenAsync();
    }

    /// <summary>Waits until the readers at each edge have what was acknowledged until now.</summary>
    public async Task UntilReadAsync(CancellationToken cancellationToken)
    {
        using var publisher = new StreamPublisher(_edges[0]);
        foreach (var stream in _streams)
        {
            var tail = await RepeatAsync(() => publisher.TailAsync(stream, cancellationToken), cancellationToken);
            foreach (var reader in _readers.Where(reader => reader.Stream == stream))
            {
                await Phase.UntilAsync(
                    $"{reader.Name} of {stream} is at {tail.Sequence}",
                    async () =>
                    {
                        await ThrowIfBrokenAsync();
                        return reader.Sequence >= tail.Sequence;
                    },
                    static () => { },
                    cancellationToken);
            }
        }
    }

    /// <summary>Ends the publishers, lets the readers reach the tails, and reads every stream once more from its start.</summary>
    public async Task FinishAsync(CancellationToken cancellationToken)
    {
        _isStopping = true;
        await Task.WhenAll(_writing).WaitAsync(Guard, TimeProvider.System, cancellationToken);
        await UntilReadAsync(cancellationToken);
        await _askers!.FinishAsync();
        using var publisher = new StreamPublisher(_edges[0]);
        foreach (var stream in _streams)
        {
            var tail = await RepeatAsync(() => publisher.TailAsync(stream, cancellationToken), cancellationToken);
            await ReadFinalAsync(stream, tail, cancellationToken);
        }

        await _readersEnd.CancelAsync();
        await Phase.OfAsync("readers end", Task.WhenAll(_reading));
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        _isStopping = true;
        await _readersEnd.CancelAsync();
        await Task.WhenAll(_reading).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (_askers is { } askers)
        {
            await askers.DisposeAsync();
        }

        Array.ForEach(_http, port => port.Dispose());
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

    private Reader NewReader(string stream, Uri edge, int kind)
    {
        ISubscriberClient[] clients =
        [
            new EventSourceClient(), new WebSocketClient(), new SignalRClient(HttpTransportType.WebSockets),
            new CompositeClient(_streams[0] == stream ? _streams[1] : _streams[0]),
            .. _namesEveryOffset ? Array.Empty<ISubscriberClient>() : [new PollClient(isLong: true), new DurableSseClient(), new PollClient(isLong: false)],
        ];
        var client = clients[kind % clients.Length];
        return new Reader(client, edge, stream, $"{client.Name} at {edge.Host}", History, TimeProvider.System);
    }

    private async Task ReadFinalAsync(string stream, StreamOffset tail, CancellationToken cancellationToken)
    {
        History.Start(stream, "final", null);
        await using var follower = new Follower(
            new EventSourceClient(), new SubscribeRequest(_edges[0], stream, PayloadKind.Json), cancellationToken);
        foreach (var seen in await follower.EventsToAsync(tail))
        {
            History.Observe(stream, "final", seen.Offset, System.Text.Encoding.UTF8.GetString(seen.Payload.Span));
        }

        History.Final(stream, "final");
    }
}
