using System.Collections.Concurrent;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using EventCluster.Protocol;
using EventCluster.TestKit;
using EventCluster.TestKit.Subscribers;
using Microsoft.AspNetCore.Http.Connections;

namespace EventCluster.Failover.Partitions;

/// <summary>
/// Appends to streams of which some lose what was acknowledged, and a reader at each edge for each stream. Clients have no identity of
/// their own, so what is lost is nobody's to send again: the edges' identities are, and must not stand in the way.
/// </summary>
internal sealed class LossyLoad : IAsyncDisposable
{
    /// <summary>Streams.</summary>
    public const int Streams = 10;

    /// <summary>Of these so many lose events.</summary>
    public const int Losing = 8;

    private const int LostOfEach = 25;

    /// <summary>As long as a cold start of the whole cluster.</summary>
    private static readonly TimeSpan Guard = TimeSpan.FromMinutes(4);

    private static readonly TimeSpan RetryDelay = TimeSpan.FromMilliseconds(50);

    private readonly HttpClient _http = new(new SocketsHttpHandler { UseProxy = false }) { Timeout = TimeSpan.FromSeconds(15) };
    private readonly OffsetBook _book = new();
    private readonly ConcurrentDictionary<(string Stream, string Payload), StreamOffset> _kept = new();
    private readonly ConcurrentDictionary<(string Stream, string Payload), StreamOffset> _lost = new();
    private readonly CancellationTokenSource _readersEnd;
    private readonly Uri[] _edges;
    private readonly string[] _streams = [.. Enumerable.Range(0, Streams).Select(i => $"standby/{i}")];
    private readonly LossyReader[] _readers;
    private readonly Dictionary<(string Stream, string Text), string> _last = [];
    private Task[] _reading = [];

    private LossyLoad(Uri[] edges, CancellationToken cancellationToken)
    {
        _edges = edges;
        _readersEnd = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        _readers = [.. _streams.SelectMany((stream, i) => edges.Select((edge, e) => NewReader(stream, edge, i + e)))];
    }

    /// <summary>Acknowledged events that the new primary lacks.</summary>
    public int Lost => _lost.Count;

    /// <summary>Gaps that readers were told.</summary>
    public int Gaps => _readers.Sum(reader => reader.Gaps.Count);

    /// <summary>How many read.</summary>
    public int Readers => _readers.Length;

    /// <summary>Creates the streams and starts the readers.</summary>
    public static async Task<LossyLoad> StartAsync(NamespaceCluster cluster, CancellationToken cancellationToken)
    {
        var load = new LossyLoad([.. cluster.Edges.Select(cluster.UrlOf)], cancellationToken);
        using var publisher = new StreamPublisher(load._edges[0]);
        foreach (var stream in load._streams)
        {
            await Phase.UntilAsync(
                $"{stream} is created",
                async () =>
                {
                    try
                    {
                        await publisher.CreateAsync(stream, "application/json", cancellationToken);
                        return true;
                    }
                    catch (HttpRequestException)
                    {
                        return false;
                    }
                },
                static () => { },
                cancellationToken);
        }

        load._reading = [.. load._readers.Select(reader => reader.RunAsync(load._readersEnd.Token))];
        return load;
    }

    /// <summary>Appends to every stream until that is acknowledged, and no loss explains its absence.</summary>
    public async Task AppendToAllAsync(string text, CancellationToken cancellationToken)
    {
        await Task.WhenAll(_streams.Select((stream, i) => AppendAsync(stream, i, text, _kept, cancellationToken)));
        ThrowIfBroken();
    }

    /// <summary>Appends what the standby does not get, and waits until each reader has seen it.</summary>
    public async Task AppendWhatIsLostAsync(CancellationToken cancellationToken)
    {
        await Task.WhenAll(_streams.Take(Losing).Select(async (stream, i) =>
        {
            for (var n = 0; n < LostOfEach; n++)
            {
                await AppendAsync(stream, i, $"lost {n}", _lost, cancellationToken);
            }
        }));
        foreach (var reader in _readers.Where(reader => IsLosing(reader.Stream)))
        {
            await UntilSeenAsync(reader, $"lost {LostOfEach - 1}", cancellationToken);
        }
    }

    /// <summary>Waits until each reader has seen an event of every stream.</summary>
    public async Task UntilSeenAsync(string text, CancellationToken cancellationToken)
    {
        foreach (var reader in _readers)
        {
            await UntilSeenAsync(reader, text, cancellationToken);
        }
    }

    /// <summary>Everything that is wrong with what was seen, and with what each lost position and each stream answers now.</summary>
    public async Task<IReadOnlyList<string>> CheckAsync(CancellationToken cancellationToken)
    {
        await _readersEnd.CancelAsync();
        await Phase.OfAsync("readers end", Task.WhenAll(_reading));
        List<string> faults = [.. _book.Contradictions];
        foreach (var reader in _readers)
        {
            string[] expected = IsLosing(reader.Stream) ? ["recreated"] : [];
            if (!reader.Gaps.SequenceEqual(expected))
            {
                faults.Add($"{reader.Name} of {reader.Stream} was told the gaps [{string.Join(", ", reader.Gaps)}]");
            }
        }

        foreach (var edge in _edges)
        {
            foreach (var (key, offset) in _lost)
            {
                var answer = await AskAsync(edge, key.Stream, offset, cancellationToken);
                if (answer != "410 gap recreated")
                {
                    faults.Add($"{offset}, which was {key.Payload} of {key.Stream} and is lost, answers {answer} at {edge.Host}");
                }
            }

            foreach (var stream in _streams)
            {
                faults.AddRange(await CheckStreamAsync(edge, stream, cancellationToken));
            }
        }

        return faults;
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        await _readersEnd.CancelAsync();
        await Task.WhenAll(_reading).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _readersEnd.Dispose();
        _http.Dispose();
    }

    private bool IsLosing(string stream) => Array.IndexOf(_streams, stream) < Losing;

    private LossyReader NewReader(string stream, Uri edge, int kind)
    {
        ISubscriberClient[] clients =
        [
            new EventSourceClient(), new WebSocketClient(), new PollClient(isLong: true), new DurableSseClient(),
            new SignalRClient(HttpTransportType.WebSockets), new PollClient(isLong: false),
        ];
        var client = clients[kind % clients.Length];
        return new LossyReader(client, edge, stream, $"{client.Name} at {edge.Host}", _book);
    }

    private void ThrowIfBroken()
    {
        foreach (var task in _reading.Where(task => task.IsFaulted))
        {
            task.GetAwaiter().GetResult();
        }
    }

    private Task UntilSeenAsync(LossyReader reader, string text, CancellationToken cancellationToken) => Phase.UntilAsync(
        $"{reader.Name} of {reader.Stream} sees {_last[(reader.Stream, text)]}",
        () =>
        {
            ThrowIfBroken();
            return reader.Has(_last[(reader.Stream, text)]);
        },
        cancellationToken);

    /// <summary>An append without an answer may have landed, so each attempt is another event.</summary>
    private async Task AppendAsync(
        string stream, int first, string text, ConcurrentDictionary<(string Stream, string Payload), StreamOffset> acknowledged,
        CancellationToken cancellationToken)
    {
        var began = TimeProvider.System.GetTimestamp();
        for (var attempt = 0; ; attempt++)
        {
            var payload = $"\"{text} of {stream}, attempt {attempt}\"";
            if (await TryAppendAsync(_edges[(first + attempt) % _edges.Length], stream, payload, cancellationToken) is { } offset)
            {
                acknowledged[(stream, payload)] = offset;
                lock (_last)
                {
                    _last[(stream, text)] = payload;
                }

                return;
            }

            if (TimeProvider.System.GetElapsedTime(began) > Guard)
            {
                throw new TimeoutException($"The append of {payload} is not acknowledged after {Guard}.");
            }

            await Task.Delay(RetryDelay, TimeProvider.System, cancellationToken);
        }
    }

    private async Task<StreamOffset?> TryAppendAsync(Uri edge, string stream, string payload, CancellationToken cancellationToken)
    {
        try
        {
            using var content = new StringContent(payload, Encoding.UTF8, MediaTypeHeaderValue.Parse("application/json"));
            using var answer = await _http.PostAsync(new Uri(edge, $"/v1/stream/{stream}"), content, cancellationToken);
            return answer.StatusCode switch
            {
                HttpStatusCode.OK or HttpStatusCode.NoContent => StreamOffset.Parse(answer.Headers.GetValues(HeaderNames.NextOffset).Single()),
                HttpStatusCode.ServiceUnavailable => null,
                _ => throw new InvalidDataException(
                    $"{payload}: {(int)answer.StatusCode} {await answer.Content.ReadAsStringAsync(cancellationToken)}"),
            };
        }
        catch (Exception e) when (e is HttpRequestException or TaskCanceledException && !cancellationToken.IsCancellationRequested)
        {
            return null;
        }
    }

    private async Task<string> AskAsync(Uri edge, string stream, StreamOffset offset, CancellationToken cancellationToken)
    {
        using var answer = await _http.GetAsync(new Uri(edge, $"/v1/stream/{stream}?offset={offset}"), cancellationToken);
        var body = await answer.Content.ReadAsStringAsync(cancellationToken);
        if (answer.StatusCode != HttpStatusCode.Gone)
        {
            return $"{(int)answer.StatusCode} {body}";
        }

        using var problem = JsonDocument.Parse(body);
        return $"410 {problem.RootElement.GetProperty("code").GetString()} {problem.RootElement.GetProperty("reason").GetString()}";
    }

    /// <summary>What was kept is there, once; what was lost is not.</summary>
    private async Task<IReadOnlyList<string>> CheckStreamAsync(Uri edge, string stream, CancellationToken cancellationToken)
    {
        using var document = JsonDocument.Parse(await _http.GetStringAsync(new Uri(edge, $"/v1/stream/{stream}?offset=-1"), cancellationToken));
        string[] events = [.. document.RootElement.EnumerateArray().Select(item => item.GetRawText())];
        List<string> faults = [];
        faults.AddRange(_kept.Keys.Where(key => key.Stream == stream && events.Count(found => found == key.Payload) != 1)
            .Select(key => $"{key.Payload} is there {events.Count(found => found == key.Payload)} times at {edge.Host}"));
        faults.AddRange(events.Where(found => _lost.ContainsKey((stream, found))).Select(found => $"{found} was lost and is there at {edge.Host}"));
        return faults;
    }
}
