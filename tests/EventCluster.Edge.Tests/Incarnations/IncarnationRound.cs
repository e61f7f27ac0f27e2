using EventCluster.Abstractions;
using EventCluster.Abstractions.Streams;
using EventCluster.Edge.Tests.Server;
using EventCluster.Edge.Tests.Transports;
using EventCluster.Protocol;
using EventCluster.TestKit;
using EventCluster.TestKit.Subscribers;

namespace EventCluster.Edge.Tests.Incarnations;

/// <summary>
/// One round of a seed: a stream with a reader gets another life (deleted here or elsewhere, expired, forked again), and a
/// second reader begins at once. Neither may see an event of a life that is not its own.
/// </summary>
internal sealed class IncarnationRound(EdgeServer server, HttpClient http, int seed, CancellationToken cancel)
{
    private static readonly StreamContentType Json = StreamContentType.Parse("application/json");
    private static readonly IReadOnlyList<ISubscriberClient> Mostly = [.. Clients.Streaming, .. Clients.Polling];

    private readonly Random _random = new(seed);
    private readonly IncarnationRecord _record = new();
    private readonly StreamName _name = StreamName.Parse($"s{seed}");
    private readonly StreamName _source = StreamName.Parse($"source{seed}");
    private string _plan = "";
    private int _life;
    private long _tail;
    private IncarnationList? _sourceIncarnations;

    /// <summary>What was done, for messages.</summary>
    public string Plan => $"seed {seed}: {_plan}";

    private IStreamHandle Stream => server.Directory.GetStream(_name);

    /// <summary>Plays the round. Null when all was right, else what was not.</summary>
    public async Task<string?> RunAsync()
    {
        var way = (Way)_random.Next(4);
        var (oldClient, freshClient) = (DrawClient(), DrawClient());
        _plan = $"{way}, {oldClient.Name} then {freshClient.Name}";
        if (way == Way.ForkedAgain)
        {
            await CreateSourceAsync();
        }

        await CreateAsync(way);
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        var old = new IncarnationReader(oldClient, RequestOf(oldClient, SubscribeStart.Earliest));
        var reading = old.RunAsync(ending.Token);
        if (!await TryAppendAsync(_random.Next(1, 12)))
        {
            return await EndAsync(ending, reading, "the first life ended before its time");
        }

        if (_random.Next(4) > 0)
        {
            await old.ReachedAsync(_tail, cancel);
        }

        var oldTail = (await Stream.DescribeAsync(cancel) as DescribeOutcome.Found)?.Descriptor.Tail;
        await ChangeAsync(way);
        var life = _record.Present;
        var start = oldTail is { } position && _random.Next(4) == 0 ? SubscribeStart.At(position) : SubscribeStart.Earliest;
        var fresh = new IncarnationReader(freshClient, RequestOf(freshClient, start));
        var readingFresh = fresh.RunAsync(ending.Token);
        if (_random.Next(2) == 0)
        {
            await Task.Yield();
        }

        if (!await TryAppendAsync(_random.Next(1, 4)))
        {
            return await EndAsync(ending, Task.WhenAll(reading, readingFresh), "an append to the second life was refused");
        }

        // A poll, or an answer of 410, ends with the gap; everybody else goes on to the tail.
        await fresh.ReachedAsync(_tail, cancel);
        return await EndAsync(ending, Task.WhenAll(reading, readingFresh), fault: null)
            ?? Named("the first reader", oldClient, _record.Judge(old.Sightings, life: null, CountsBack(oldClient)), old)
            ?? Named("the second reader", freshClient, _record.Judge(fresh.Sightings, life, CountsBack(freshClient)) ?? Missed(freshClient, start, fresh), fresh);
    }

    /// <summary>A reader that began in the present life reaches its tail; one with an old position may be told of the gap and end.</summary>
    private string? Missed(ISubscriberClient client, SubscribeStart start, IncarnationReader reader)
    {
        var isThere = reader.Sightings.Any(s => s is Sighting.Event seen && seen.Offset.Sequence == _tail);
        var mayEnd = client.Traits.HasFlag(SubscriberTraits.GapEndsIt) && start != SubscribeStart.Earliest;
        return isThere || mayEnd ? null : $"no event that ends at {_tail}";
    }

    private static bool CountsBack(ISubscriberClient client) => client.Traits.HasFlag(SubscriberTraits.GapEndsIt);

    private static string? Named(string who, ISubscriberClient client, string? fault, IncarnationReader reader) => fault is null
        ? null
        : $"{who} ({client.Name}) saw {fault}\n  {string.Join("\n  ", reader.Sightings.TakeLast(12))}";

    private ISubscriberClient DrawClient() =>
        _random.Next(12) == 0 ? Clients.Hub[_random.Next(Clients.Hub.Count)] : Mostly[_random.Next(Mostly.Count)];

    private SubscribeRequest RequestOf(ISubscriberClient client, SubscribeStart start) => new(
        client.Traits.HasFlag(SubscriberTraits.Http2) ? server.Http2Url : server.Url, _name.Value, PayloadKind.Json)
    { Start = start };

    private async Task<string?> EndAsync(CancellationTokenSource ending, Task readers, string? fault)
    {
        await ending.CancelAsync();
        await Phase.OfAsync("readers leave", readers);
        await Stream.DeleteAsync(CancellationToken.None);
        if (_sourceIncarnations is not null)
        {
            await server.Directory.GetStream(_source).DeleteAsync(CancellationToken.None);
        }

        return fault;
    }

    private async Task CreateSourceAsync()
    {
        var payloads = Enumerable.Range(0, 10).Select(i => $"source:{i}").ToArray();
        var made = await server.Directory.GetStream(_source).CreateAsync(
            new CreateRequest { ContentType = Json, Events = Quoted(payloads) }, cancel);
        _sourceIncarnations = Assert.IsType<CreateOutcome.Created>(made).Descriptor.Incarnations;
        _record.Begin(_sourceIncarnations);
        _record.Add(0, payloads);
    }

    private async Task CreateAsync(Way way)
    {
        _life++;
        ForkSpec? fork = null;
        if (way == Way.ForkedAgain)
        {
            fork = new ForkSpec(_source, _sourceIncarnations!.OffsetAfter(_random.Next(1, 10)), FromStart: false, SubOffset: 0);
        }

        var request = new CreateRequest
        {
            ContentType = Json,
            Fork = fork,
            ExpiresAt = way == Way.Expired && _life == 1 ? TimeProvider.System.GetUtcNow().AddMilliseconds(400) : null,
        };
        while (true)
        {
            switch (await Stream.CreateAsync(request, cancel))
            {
                case CreateOutcome.Created created:
                    _record.Begin(created.Descriptor.Incarnations);
                    _tail = created.Descriptor.Tail.Sequence;
                    return;
                case CreateOutcome.Exists or CreateOutcome.Conflict or CreateOutcome.Unavailable or CreateOutcome.Held:
                    // Not gone yet: it is tried again until it is, as a client would.
                    await Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System, cancel);
                    break;
                case var other:
                    throw new InvalidOperationException($"{Plan}: create answered {other}");
            }
        }
    }

    private async Task ChangeAsync(Way way)
    {
        switch (way)
        {
            case Way.DeletedHere:
                using (var answer = await http.DeleteAsync(new Uri(server.Url, $"/v1/stream/{_name}"), cancel))
                {
                    Assert.Equal(204, (int)answer.StatusCode);
                }

                break;
            case Way.DeletedElsewhere or Way.ForkedAgain:
                Assert.IsType<DeleteOutcome.Deleted>(await Stream.DeleteAsync(cancel));
                break;
        }

        await CreateAsync(way);
    }

    private async Task<bool> TryAppendAsync(int count)
    {
        for (var i = 0; i < count; i++)
        {
            var payload = $"{_life}:{_tail}";
            _record.Add(_tail, [payload]);
            if (await Stream.AppendAsync(new AppendRequest { Events = Quoted(payload) }, cancel) is not AppendOutcome.Appended)
            {
                // The clock of a busy machine overtook the round: the stream expired already.
                return _life == 1 && await Stream.DescribeAsync(cancel) is DescribeOutcome.NotFound;
            }

            _tail++;
        }

        return true;
    }

    private static IReadOnlyList<ReadOnlyMemory<byte>> Quoted(params string[] payloads) =>
        TestData.Payloads([.. payloads.Select(static payload => $"\"{payload}\"")]);

    /// <summary>How the stream gets another life.</summary>
    private enum Way
    {
        DeletedHere = 0,
        DeletedElsewhere = 1,
        Expired = 2,
        ForkedAgain = 3,
    }
}
