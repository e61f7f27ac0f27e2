using System.Net.Sockets;
using System.Net.WebSockets;
using System.Text;
using EventCluster.Edge.Tests.Server;
using EventCluster.Protocol;
using EventCluster.TestKit;
using EventCluster.TestKit.Network;
using EventCluster.TestKit.Subscribers;

namespace EventCluster.Edge.Tests.Transports;

/// <summary>
/// One seeded run: a stream is written in bursts, and one client follows it through a network that cuts its connections; at
/// each reconnect the seed says which transport comes next. What the seed draws does not depend on timing.
/// </summary>
internal sealed class CrossTransportRun
{
    private const string Stream = "s";
    private const int Bursts = 40;
    private const int MostEventsPerBurst = 6;
    private const int LargestEvent = 3_000;

    /// <summary>After so many connections the network is good, so that the run ends.</summary>
    private const int BadConnections = 12;

    /// <summary>Connections of the two networks have plans of their own.</summary>
    private const int SecondNetwork = 1_000;

    private const int MostConnections = 300;

    private static readonly TimeSpan Heartbeat = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan BurstPause = TimeSpan.FromMilliseconds(25);

    /// <summary>
    /// A client that hears nothing for so long takes its connection for dead; after each that brought nothing it waits twice as long,
    /// or it would never get anything from a machine that is busy.
    /// </summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    private const int MostDoublings = 5;

    private readonly int _seed;
    private readonly CancellationToken _cancel;
    private readonly PayloadKind _kind;
    private readonly List<PublishedEvent> _published = [];
    private readonly List<Sighting.Event> _seen = [];
    private readonly StringBuilder _report = new();
    private readonly Random _choices;
    private StreamOffset? _position;
    private string? _token;
    private bool _isEnded;
    private int _inVain;

    public CrossTransportRun(int seed, CancellationToken cancel)
    {
        (_seed, _cancel) = (seed, cancel);
        _choices = new Random(seed);
        _kind = (PayloadKind)_choices.Next(3);
    }

    /// <summary>What happened, connection by connection.</summary>
    public string Report => _report.ToString();

    /// <summary>Makes the run; answers one line about it.</summary>
    /// <exception cref="InvalidDataException">An event was lost, repeated, changed, or out of order.</exception>
    public async Task<string> RunAsync()
    {
        await using var server = await EdgeServer.StartAsync(
            o => (o.SseHeartbeat, o.LongPollTimeout) = (Heartbeat, Heartbeat), clock: TimeProvider.System);
        using var publisher = new StreamPublisher(server.Url);
        await publisher.CreateAsync(Clients.Companion, "text/plain", _cancel);
        await publisher.CreateAsync(Stream, ContentType, _cancel);
        await using var http1 = new FaultProxy(server.Url, PlanOf);
        await using var http2 = new FaultProxy(server.Http2Url, i => PlanOf(i + SecondNetwork));
        var publishing = PublishAsync(publisher);
        await FollowAsync(http1, http2);
        await publishing;
        if (DeliveryCheck.FirstFault(_published, _seen) is { } fault)
        {
            throw new InvalidDataException(fault);
        }

        // Polls have no connection to keep alive, and the hub keeps SignalR's own heartbeats.
        DarkConnection[] dark = [.. http1.Dark, .. http2.Dark];
        var dead = dark.Where(connection => Clients.Streaming.Any(client => client.Name == connection.Label)).ToList();
        await Phase.UntilAsync(
            "dead connections freed", "none held", () => string.Join(", ", dead.Where(connection => server.Holds(connection.Source))),
            held => held.Length == 0, _cancel);
        return $"seed {_seed}: {_kind}, {_published.Count} events, {http1.Accepted + http2.Accepted} connections, "
            + $"{dark.Length} black holes";
    }

    private string ContentType => _kind switch
    {
        PayloadKind.Json => "application/json",
        PayloadKind.Text => "text/plain",
        _ => "application/octet-stream",
    };

    private FaultPlan PlanOf(int connection) =>
        connection % SecondNetwork < BadConnections ? FaultPlan.Draw(_seed, connection) : FaultPlan.Clean;

    private async Task PublishAsync(StreamPublisher publisher)
    {
        var random = new Random(~_seed);
        for (var burst = 0; burst < Bursts; burst++)
        {
            for (var left = random.Next(1, MostEventsPerBurst + 1); left > 0; left--)
            {
                var payload = Payload(random);
                _published.Add(new PublishedEvent(await publisher.AppendAsync(Stream, ContentType, payload, _cancel), payload));
            }

            await Task.Delay(BurstPause, TimeProvider.System, _cancel);
        }

        await publisher.CloseAsync(Stream, _cancel);
    }

    private byte[] Payload(Random random)
    {
        // Most are small, some span many segments; text has line ends, but only those that every transport keeps.
        var length = random.Next(8) == 0 ? random.Next(LargestEvent * 10) : random.Next(1, LargestEvent);
        switch (_kind)
        {
            case PayloadKind.Json:
                return Encoding.UTF8.GetBytes($"{{\"n\":{_published.Count},\"x\":\"{new string('x', length)}\"}}");
            case PayloadKind.Text:
                return Encoding.UTF8.GetBytes($"{_published.Count} 😀\n\n{new string('y', length)}\n");
            default:
                var bytes = new byte[length + 1];
                random.NextBytes(bytes);
                return bytes;
        }
    }

    private async Task FollowAsync(FaultProxy http1, FaultProxy http2)
    {
        ISubscriberClient? client = null;
        for (var connection = 0; !_isEnded; connection++)
        {
            if (connection == MostConnections)
            {
                throw new InvalidDataException($"Not at the end after {connection} connections.");
            }

            var isSame = client is not null && _choices.Next(4) == 0;
            var next = Clients.All[_choices.Next(Clients.All.Count)];
            client = isSame ? client! : next;
            _token = isSame ? _token : null;
            var proxy = client.Traits.HasFlag(SubscriberTraits.Http2) ? http2 : http1;
            proxy.Label = client.Name;
            var start = isSame && _token is { } token ? SubscribeStart.Resume(token)
                : _position is { } position ? SubscribeStart.At(position)
                : SubscribeStart.Earliest;
            var before = _seen.Count;
            _report.Append($"{client.Name} from {start.Query}: ");
            var cause = await FollowAsync(client, new SubscribeRequest(proxy.Url, Stream, _kind) { Start = start });
            _inVain = _seen.Count > before ? 0 : Math.Min(MostDoublings, _inVain + 1);
            _report.AppendLine($"{_seen.Count - before} sightings up to {_position}, then {cause}");
        }
    }

    /// <summary>One connection; answers why it ended.</summary>
    private async Task<string> FollowAsync(ISubscriberClient client, SubscribeRequest request)
    {
        using var left = CancellationTokenSource.CreateLinkedTokenSource(_cancel);
        var sightings = client.FollowAsync(request, left.Token).GetAsyncEnumerator(left.Token);
        try
        {
            while (true)
            {
                var moving = sightings.MoveNextAsync().AsTask();
                if (await Task.WhenAny(moving, Task.Delay(Patience * (1 << _inVain), TimeProvider.System, _cancel)) != moving)
                {
                    await left.CancelAsync();
                    return await EndOfAsync(moving);
                }

                if (!await moving)
                {
                    return "the end of the sequence";
                }

                if (Take(sightings.Current) is { } cause)
                {
                    return cause;
                }
            }
        }
        finally
        {
            await left.CancelAsync();
            await sightings.DisposeAsync();
        }
    }

    /// <summary>Waits for the step that was given up, whose sighting comes too late to count.</summary>
    private static async Task<string> EndOfAsync(Task moving)
    {
        try
        {
            await Phase.OfAsync("the client gives up", moving);
        }
        catch (Exception e) when (e is OperationCanceledException or HttpRequestException or IOException
            or SocketException or WebSocketException or AggregateException)
        {
            // As asked, or cut in the same moment.
        }

        return "silence";
    }

    private string? Take(Sighting sighting)
    {
        switch (sighting)
        {
            case Sighting.Event seen:
                _seen.Add(seen);
                (_position, _token) = (seen.Offset, seen.Token);
                return null;
            case Sighting.Position:
                return null;
            case Sighting.End:
                _isEnded = true;
                return "the end of the stream";
            case Sighting.Disconnected or Sighting.Move or Sighting.Refused { Status: 503 }:
                return sighting.ToString();
            default:
                throw new InvalidDataException($"Not to be seen here: {sighting}");
        }
    }
}
