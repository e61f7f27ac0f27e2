using System.Text;
using EventCluster.Abstractions.Memory;
using EventCluster.Delivery;
using EventCluster.Delivery.Reading;
using EventCluster.Edge.Tests.Server;
using EventCluster.Protocol;
using EventCluster.TestKit;
using EventCluster.TestKit.Subscribers;
using Microsoft.Extensions.DependencyInjection;

namespace EventCluster.Edge.Tests.Transports;

/// <summary>Events of the largest size on every transport, to clients that stop taking bytes.</summary>
public sealed class LargeEventDeliveryTests
{
    private const int Events = 4;
    private const int Readers = 3;
    private const int InsideAnEvent = 300_000;

    private static readonly PayloadKind[] Kinds = [PayloadKind.Text, PayloadKind.Json, PayloadKind.Binary];

    private static readonly IReadOnlyList<ISubscriberClient> All =
        [.. Clients.All, new WebSocketClient(companion: Clients.Companion)];

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public static TheoryData<string, PayloadKind> Transports
    {
        get
        {
            var data = new TheoryData<string, PayloadKind>();
            foreach (var client in All)
            {
                foreach (var kind in Kinds)
                {
                    data.Add(client.Name, kind);
                }
            }

            return data;
        }
    }

    public static TheoryData<string, PayloadKind, int, bool> Stalls
    {
        get
        {
            var data = new TheoryData<string, PayloadKind, int, bool>();
            for (var i = 0; i < All.Count; i++)
            {
                if (All[i].Traits.HasFlag(SubscriberTraits.Waits))
                {
                    // One that asks again and again gets no event before it asks.
                    data.Add(All[i].Name, Kinds[i % 3], 0, true);
                }

                data.Add(All[i].Name, Kinds[(i + 1) % 3], InsideAnEvent, true);
                data.Add(All[i].Name, Kinds[(i + 2) % 3], InsideAnEvent, false);
            }

            return data;
        }
    }

    /// <summary>Every byte arrives in order, live and from the backlog, among small events.</summary>
    [Theory]
    [MemberData(nameof(Transports))]
    public async Task Events_OfTheLargestSize_ArriveExactly(string transport, PayloadKind kind)
    {
        await using var setup = await Setup.StartAsync(transport, kind);
        await using var live = setup.Follow();
        await live.EventsToAsync(setup.Published[0].Offset);
        await setup.PublishAsync(large: 2, small: 3);
        setup.Check(await live.EventsToAsync(setup.Tail), from: 1);
        await using var late = setup.Follow();
        setup.Check(await late.EventsToAsync(setup.Tail), from: 0);

        // Frames of large events are shared by nobody, so they are kept nowhere.
        Assert.InRange(setup.Server.Frames.Bytes, 0, DeliveryLimits.MaxSliceBytes);
        await setup.ReleasedAsync();
    }

    /// <summary>
    /// Goal: clients that stop before or inside an event cost what the budget counts, and nothing is lost or torn. Method:
    /// readers behind a gate that closes; then it opens, or they vanish and others resume where they were.
    /// </summary>
    [Theory]
    [MemberData(nameof(Stalls))]
    public async Task Client_ThatStalls_CostsItsShareOnly_AndMissesNothing(
        string transport, PayloadKind kind, int bytes, bool resumes)
    {
        await using var setup = await Setup.StartAsync(transport, kind);
        var followers = Enumerable.Range(0, Readers).Select(_ => setup.Follow()).ToList();
        foreach (var follower in followers)
        {
            await follower.EventsToAsync(setup.Published[0].Offset);
        }

        setup.Gate.CloseAfter(bytes);
        var reading = followers.ConvertAll(async follower =>
        {
            var seen = new List<Sighting.Event>();
            while (seen.Count == 0 || seen[^1].Offset.Sequence < Events + 1)
            {
                switch (await follower.NextAsync())
                {
                    case Sighting.Event next:
                        seen.Add(next);
                        break;
                    case Sighting.Disconnected or null:
                        return seen;
                }
            }

            return seen;
        });
        await setup.PublishAsync(large: Events, small: 0);
        var (used, limit) = await setup.StalledAsync();
        Assert.InRange(used, 1, limit);

        if (resumes)
        {
            setup.Gate.Open();
            foreach (var seen in await Task.WhenAll(reading))
            {
                setup.Check(seen, from: 1);
            }
        }
        else
        {
            setup.Gate.Reset();
            var seen = await Phase.OfAsync("the readers notice", Task.WhenAll(reading));
            await setup.ReleasedAsync();
            for (var i = 0; i < followers.Count; i++)
            {
                // What came of the event that was cut is no event; the rest follows on the next connection.
                await using var next = setup.FollowDirectly(followers[i].Token);
                setup.Check([.. seen[i], .. await next.EventsToAsync(setup.Tail)], from: 1);
            }
        }

        foreach (var follower in followers)
        {
            await follower.DisposeAsync();
        }

        await setup.ReleasedAsync();
        Assert.InRange(setup.Memory.Delivery.Peak + setup.Memory.CatchUp.Peak, 1, setup.Limit);
    }

    public static TheoryData<string, bool> Sliced
    {
        get
        {
            var data = new TheoryData<string, bool>();
            foreach (var client in All.Where(static c => c is not PollClient))
            {
                data.Add(client.Name, false);
                data.Add(client.Name, true);
            }

            return data;
        }
    }

    /// <summary>
    /// Goal: with a full share a client inside an event is a place, from which it goes on; if the event is removed meanwhile
    /// it is cut there, and no part is taken for the whole. Method: a share that no block fits.
    /// </summary>
    [Theory]
    [MemberData(nameof(Sliced))]
    public async Task Client_ThatStallsWhileTheShareIsFull_GoesOnFromItsPlace_OrIsCutWhenTheEventIsGone(
        string transport, bool isRemoved)
    {
        await using var setup = await Setup.StartAsync(transport, PayloadKind.Text, new MemoryBudget(8 * 1024 * 1024, _littleDelivery));
        await using var follower = setup.Follow();
        await follower.EventsToAsync(setup.Published[0].Offset);
        setup.Gate.CloseAfter(InsideAnEvent);
        await setup.PublishAsync(large: 1, small: 0);
        await Phase.UntilAsync("stalled", "a refusal", () => setup.Memory.Delivery.Refused, static seen => seen > 0, Cancel);
        Assert.Equal(0, setup.Memory.Delivery.Used);
        if (isRemoved)
        {
            await setup.TrimAsync();
            setup.Gate.Open();
            Assert.IsType<Sighting.Disconnected>(Assert.Single(await follower.RestAsync()));
            return;
        }

        setup.Gate.Open();
        setup.Check(await follower.EventsToAsync(setup.Tail), from: 1);
    }

    /// <summary>Room for the body of a large event and its commit, none for its block in the share of readers.</summary>
    private static readonly MemoryShares _littleDelivery = new()
    {
        RequestBodies = 60,
        Messages = 4,
        Delivery = 10,
        CatchUp = 4,
        Caches = 4,
        StreamState = 10,
        Connections = 4,
    };

    private sealed class Setup(
        ISubscriberClient client, PayloadKind kind, EdgeServer server, MemoryBudget memory, StreamPublisher publisher, GateProxy gate)
        : IAsyncDisposable
    {
        /// <summary>Larger than a block by its header and index.</summary>
        private const int BlockBytes = ProtocolLimits.MaxEventBytes + 64;

        private readonly string _type = kind switch
        {
            PayloadKind.Json => "application/json",
            PayloadKind.Text => "text/plain",
            _ => "application/octet-stream",
        };

        public List<PublishedEvent> Published { get; } = [];

        public EdgeServer Server => server;

        public MemoryBudget Memory => memory;

        public GateProxy Gate => gate;

        public StreamOffset Tail => Published[^1].Offset;

        /// <summary>
        /// What the shares may hold: the blocks that readers are in, each once however many share it, and what each reader may
        /// be loading meanwhile.
        /// </summary>
        public long Limit => ((Events + 1) * BlockBytes) + (Readers * BlockCache.LoadBytes);

        public static async Task<Setup> StartAsync(string transport, PayloadKind kind, MemoryBudget? memory = null)
        {
            var client = All.Single(c => c.Name == transport);
            memory ??= new MemoryBudget(1L << 30);
            var server = await EdgeServer.StartAsync(
                clock: TimeProvider.System, services: services => services.AddSingleton(memory));
            server.SendBufferBytes = 16 * 1024;
            var publisher = new StreamPublisher(server.Url);
            var gate = new GateProxy(client.Traits.HasFlag(SubscriberTraits.Http2) ? server.Http2Url : server.Url);
            var setup = new Setup(client, kind, server, memory, publisher, gate);
            await publisher.CreateAsync(Clients.Companion, "text/plain", Cancel);
            await publisher.CreateAsync("s", setup._type, Cancel);
            await setup.PublishAsync(large: 0, small: 1);
            return setup;
        }

        public Follower Follow() => new(client, new SubscribeRequest(gate.Url, "s", kind), Cancel);

        public Follower FollowDirectly(string? token) => new(
            client,
            new SubscribeRequest(client.Traits.HasFlag(SubscriberTraits.Http2) ? server.Http2Url : server.Url, "s", kind)
            {
                Start = SubscribeStart.Resume(token!),
            },
            Cancel);

        public async Task PublishAsync(int large, int small)
        {
            for (var i = 0; i < large + small; i++)
            {
                var payload = Make(Published.Count, i < large ? ProtocolLimits.MaxEventBytes : 20);
                var offset = await publisher.AppendAsync(
                    "s", _type, kind == PayloadKind.Json ? (byte[])[(byte)'[', .. payload, (byte)']'] : payload, Cancel);
                Published.Add(new PublishedEvent(offset, payload));
            }
        }

        public Task TrimAsync() => publisher.TrimAsync("s", Tail, Cancel);

        public void Check(IReadOnlyList<Sighting.Event> seen, int from) => Assert.Null(DeliveryCheck.FirstFault(
            [.. Published.Skip(from)], seen, kind == PayloadKind.Text && client.Traits.HasFlag(SubscriberTraits.JoinsLineEnds)));

        /// <summary>Waits until something waits for the clients; answers what is reserved for them, and its bound.</summary>
        public async Task<(long Used, long Limit)> StalledAsync() => (await Phase.UntilAsync(
            "stalled", "reserved bytes", () => memory.Delivery.Used + memory.CatchUp.Used, seen => seen > 0, Cancel), Limit);

        public async Task ReleasedAsync() => await Phase.UntilAsync(
            "released", "(0, 0)", () => (memory.Delivery.Used, memory.CatchUp.Used), seen => seen == (0, 0), Cancel);

        public async ValueTask DisposeAsync()
        {
            await gate.DisposeAsync();
            publisher.Dispose();
            await server.DisposeAsync();
        }

        private byte[] Make(int seed, int length)
        {
            if (kind == PayloadKind.Binary)
            {
                return TestData.Bytes(seed, length);
            }

            var text = new StringBuilder(length);
            var random = new Random(seed);
            while (text.Length < length)
            {
                text.Append((char)random.Next('a', 'z' + 1));
                if (kind == PayloadKind.Text && random.Next(50) == 0)
                {
                    text.Append(new[] { "\n", "\r\n", "\r", " ", "\"" }[random.Next(5)]);
                }
            }

            text.Length = length;
            if (kind == PayloadKind.Json)
            {
                (text[0], text[^1]) = ('"', '"');
            }

            return Encoding.UTF8.GetBytes(text.ToString());
        }
    }
}
