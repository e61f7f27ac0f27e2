using EventCluster.Failover.Claims;
using EventCluster.Orleans.Client;
using EventCluster.Protocol;
using EventCluster.TestKit;
using EventCluster.TestKit.Claims;
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

    /// <summary>Between two questions of one asker; they must not be what the machine is busy with.</summary>
    private static readonly TimeSpan AskPace = TimeSpan.FromMilliseconds(150);

    /// <summary>Streams that only faults write; about so many busy ones questions are asked, too.</summary>
    private const int QuietCount = 8;

    /// <summary>Its place among the clients.</summary>
    private const int LongPoll = 2;

    private readonly ISubscriberClient[] _clients = [new EventSourceClient(), new WebSocketClient(), new PollClient(isLong: true)];
    private readonly HttpAppendPort[] _edges;
    private readonly CancellationTokenSource _readersEnd;
    private readonly Reader[] _readers;
    private readonly string[] _streams;
    private readonly Uri _server;
    private readonly List<TailAskers> _askers = [];
    private readonly Dictionary<string, StreamOffset> _asked;
    private readonly EventClusterClient _client;
    private Task[] _reading = [];
    private Task[] _writing = [];
    private volatile bool _isStopping;

    private Workload(
        Uri server, HttpAppendPort[] edges, Dictionary<string, StreamOffset> created, ClaimRecorder claims, EventClusterClient client,
        TimeProvider time, CancellationToken cancellationToken)
    {
        string[] streams = [.. created.Keys.Skip(QuietCount)];
        (_server, _edges, _streams, _client, Claims) = (server, edges, streams, client, claims);
        _asked = created.Take(2 * QuietCount).ToDictionary(StringComparer.Ordinal);
        Quiet = new QuietStreams(created.Take(QuietCount).ToDictionary(StringComparer.Ordinal), History, time);
        Stalls = new StallBook(time);
        _readersEnd = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        _readers = [.. streams.Select((stream, i) =>
            new Reader(_clients[i % _clients.Length], server, stream, _clients[i % _clients.Length].Name, History, time))];
    }

    /// <summary>The streams.</summary>
    public IReadOnlyList<string> Streams => _streams;

    /// <summary>What everybody saw.</summary>
    public HistoryRecorder History { get; } = new();

    /// <summary>What answers claimed about tails.</summary>
    public ClaimRecorder Claims { get; }

    /// <summary>Streams beside those under load.</summary>
    public QuietStreams Quiet { get; }

    /// <summary>How long appends waited.</summary>
    public StallBook Stalls { get; }

    /// <summary>Connections that readers made after their first.</summary>
    public long Reconnects => _readers.Sum(reader => reader.Reconnects);

    /// <summary>Those of readers whose connection stays open, so not of long-poll.</summary>
    public long LiveReconnects => _readers.Where((_, i) => i % _clients.Length != LongPoll).Sum(reader => reader.Reconnects);

    /// <summary>Creates the streams and starts everybody.</summary>
    /// <param name="cluster">The cluster.</param>
    /// <param name="grains">Appends as a client of the cluster, beside those over the edges, and asks for tails.</param>
    /// <param name="options">How many, and the seed.</param>
    /// <param name="cancellationToken">Ends everything.</param>
    public static async Task<Workload> StartAsync(
        LocalCluster cluster, GrainAppendPort grains, FailoverOptions options, CancellationToken cancellationToken)
    {
        var edges = await cluster.OfRoleAsync("edge", cancellationToken);
        var claims = new ClaimRecorder(TimeProvider.System);
        var created = new Dictionary<string, StreamOffset>(StringComparer.Ordinal);
        using (var publisher = new StreamPublisher(cluster.Url))
        {
            foreach (var stream in Enumerable.Range(0, QuietCount).Select(i => $"failover/{options.Seed}/quiet/{i}")
                .Concat(Enumerable.Range(0, options.Streams).Select(i => $"failover/{options.Seed}/{i}")))
            {
                var creation = claims.Create(stream);
                created[stream] = await RepeatAsync(
                    () => publisher.CreateAsync(stream, "application/json", cancellationToken), cancellationToken);
                creation.Acknowledge(created[stream]);
            }
        }

        Uri[] urls = [.. edges.Select(edge => edge.Url)];
        var workload = new Workload(
            cluster.Url, [new HttpAppendPort(urls, 0), new HttpAppendPort(urls, 1)], created, claims, grains.Client,
            TimeProvider.System, cancellationToken);
        var streams = workload._streams;
        IAppendPort[] ports = [.. workload._edges.Append<IAppendPort>(grains).Select(port => new RecordingAppendPort(port, claims))];
        workload._reading = [.. workload._readers.Select(reader => reader.RunAsync(workload._readersEnd.Token))];
        workload._writing = [.. streams.Select((stream, i) => new Publisher(
            ports[i % ports.Length], stream, $"producer-{i}", workload.History, workload.Stalls,
            new Random(HashCode.Combine(options.Seed, i)), TimeProvider.System)
            .RunAsync(() => workload._isStopping, cancellationToken))];
        foreach (var edge in edges)
        {
            workload.Ask(edge);
        }

        workload.Ask([.. TailWays.OfProxy("load balancer", cluster.Url), .. workload.GrainWays()]);
        return workload;
    }

    /// <summary>Asks an edge for tails from now on, in every way.</summary>
    public void Ask(ClusterProcess edge) => Ask(TailWays.OfEdge(edge.Name, edge.Url));

    /// <summary>The ways to ask as a client of the cluster.</summary>
    public IReadOnlyList<TailWay> GrainWays() => GrainTailWay.Every(_client);

    /// <summary>How a stream's appends reach the cluster, for the report.</summary>
    public string WayOf(string stream) => (Array.IndexOf(_streams, stream) % (_edges.Length + 1)) switch
    {
        var way when way < _edges.Length => $"over edge {way + 1}",
        _ => "as cluster client",
    };

    /// <summary>Throws what ended a publisher or a reader too early.</summary>
    public async Task ThrowIfBrokenAsync()
    {
        await Task.WhenAll(_writing.Concat(_reading).Where(task => task.IsCompleted));
        await Task.WhenAll(_askers.Select(askers => askers.ThrowIfBrokenAsync()));
    }

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
            await Phase.WhileAsync(
                $"{reader.Name} of {reader.Stream} is at the tail", $"{tail.Sequence}", () => reader.Sequence,
                seen => seen >= tail.Sequence, _reading, cancellationToken);
            await ReadFinalAsync(poll, reader.Stream, tail, cancellationToken);
        }

        foreach (var stream in Quiet.Created.Keys)
        {
            var tail = await RepeatAsync(() => publisher.TailAsync(stream, cancellationToken), cancellationToken);
            if (tail.Sequence > 0)
            {
                await ReadFinalAsync(poll, stream, tail, cancellationToken);
            }
        }

        await Task.WhenAll(_askers.Select(askers => askers.FinishAsync()));

        await _readersEnd.CancelAsync();
        await Phase.OfAsync("readers end", Task.WhenAll(_reading));
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        _isStopping = true;
        await _readersEnd.CancelAsync();
        foreach (var askers in _askers)
        {
            await askers.DisposeAsync();
        }

        foreach (var edge in _edges)
        {
            edge.Dispose();
        }

        _readersEnd.Dispose();
    }

    private void Ask(IReadOnlyList<TailWay> ways) =>
        _askers.Add(new TailAskers(Claims, ways, _asked, each: 1, AskPace, TimeProvider.System));

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
