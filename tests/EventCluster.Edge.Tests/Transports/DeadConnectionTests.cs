using EventCluster.Edge.Peers;
using EventCluster.Edge.Tests.Peers;
using EventCluster.Edge.Tests.Server;
using EventCluster.Protocol;
using EventCluster.TestKit;
using EventCluster.TestKit.Network;
using EventCluster.TestKit.Subscribers;
using Microsoft.Extensions.DependencyInjection;

namespace EventCluster.Edge.Tests.Transports;

/// <summary>Clients that vanish without a word are let go after two heartbeats; those that are only slow never.</summary>
public sealed class DeadConnectionTests
{
    private static readonly TimeSpan Heartbeat = TimeSpan.FromSeconds(1);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public static TheoryData<string> Streaming => [.. Clients.Streaming.Select(client => client.Name)];

    [Theory]
    [MemberData(nameof(Streaming))]
    public async Task Client_ThatVanishes_IsLetGoAfterTwoHeartbeats(string transport)
    {
        // Goal: the server frees the connection though no close ever comes. Method: the cable is cut below TCP while the
        // client follows the tail; without the server's own look it would take the kernel a quarter of an hour, which the
        // hang guard does not wait for. That it is two heartbeats: PeerSignsTests and LivenessTests, without a clock.
        Assert.SkipUnless(OperatingSystem.IsLinux(), "A cable is cut with a packet filter of Linux.");
        var client = Clients.Streaming.Single(c => c.Name == transport);
        var isHttp2 = client.Traits.HasFlag(SubscriberTraits.Http2);
        await using var server = await EdgeServer.StartAsync(o => o.SseHeartbeat = Heartbeat, clock: TimeProvider.System);
        using var publisher = new StreamPublisher(server.Url);
        await publisher.CreateAsync(Clients.Companion, "text/plain", Cancel);
        await publisher.CreateAsync("s", "text/plain", Cancel);
        var first = await publisher.AppendAsync("s", "text/plain", "x"u8.ToArray(), Cancel);
        await using var proxy = new FaultProxy(isHttp2 ? server.Http2Url : server.Url, _ => FaultPlan.Clean);
        await using var follower = new Follower(client, new SubscribeRequest(proxy.Url, "s", PayloadKind.Text), Cancel);
        await follower.EventsToAsync(first);

        proxy.DarkenAll();
        await Phase.UntilAsync("connections", "the publisher's", () => server.Connections, seen => seen == 1, Cancel);
        await Phase.UntilAsync("what served it", "(0, 0)", () => (server.Pumped, server.Sessions), seen => seen == (0, 0), Cancel);
    }

    [Fact]
    public async Task Client_ThatVanishesWithASliceUnderWay_IsLetGoAfterTwoHeartbeats()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "A cable is cut with a packet filter of Linux.");
        await using var server = await EdgeServer.StartAsync(o => o.SseHeartbeat = Heartbeat, clock: TimeProvider.System);
        await server.StreamAsync("s", "text/plain", [.. Enumerable.Range(0, 40).Select(i => new string('x', 100_000))]);

        // The cut comes in the middle of the backlog, so the response waits for the client by itself.
        await using var proxy = new FaultProxy(
            server.Url, _ => FaultPlan.Clean with { Steps = [new FaultStep(FaultKind.BlackHole, 500_000)] });
        await using var follower = new Follower(
            new EventSourceClient(), new SubscribeRequest(proxy.Url, "s", PayloadKind.Text), Cancel);
        await follower.ExpectAsync<Sighting.Event>();
        await Phase.UntilAsync("dark", "1", () => proxy.Dark.Count, seen => seen == 1, Cancel);
        await Phase.UntilAsync("connections", "0", () => server.Connections, seen => seen == 0, Cancel);
    }

    [Theory]
    [InlineData("eventsource")]
    [InlineData("durable-sse")]
    public async Task Client_ThatVanishesBeforeTheEndArrives_IsLetGoAfterTwoHeartbeats(string transport)
    {
        // Goal: the end of a response frees nothing while it has not arrived. Method: the cable is cut first, then the stream
        // is closed, which ends the response.
        Assert.SkipUnless(OperatingSystem.IsLinux(), "A cable is cut with a packet filter of Linux.");
        await using var server = await EdgeServer.StartAsync(o => o.SseHeartbeat = Heartbeat, clock: TimeProvider.System);
        using var publisher = new StreamPublisher(server.Url);
        await publisher.CreateAsync("s", "text/plain", Cancel);
        var first = await publisher.AppendAsync("s", "text/plain", "x"u8.ToArray(), Cancel);
        await using var proxy = new FaultProxy(server.Url, _ => FaultPlan.Clean);
        await using var follower = new Follower(
            Clients.Streaming.Single(c => c.Name == transport), new SubscribeRequest(proxy.Url, "s", PayloadKind.Text), Cancel);
        await follower.EventsToAsync(first);
        proxy.DarkenAll();
        await publisher.CloseAsync("s", Cancel);
        await Phase.UntilAsync("connections", "the publisher's", () => server.Connections, seen => seen == 1, Cancel);
    }

    [Fact]
    public async Task Client_ThatTakesNothingForManyHeartbeats_IsNeverCut()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Other systems are not looked at.");
        var probe = new CountingProbe();
        await using var server = await EdgeServer.StartAsync(
            o => o.SseHeartbeat = TimeSpan.FromMilliseconds(100), clock: TimeProvider.System,
            services: s => s.AddSingleton<IPeerProbe>(probe));
        await server.StreamAsync("s", "text/plain", [.. Enumerable.Range(0, 8).Select(i => new string('x', 100_000)), "last"]);
        using var reader = await RawConnection.OpenAsync(server.Port, receiveBuffer: 4096);
        await reader.WriteRequestAsync("GET", "/v1/stream/s?live=eventsource&offset=-1", null);
        await Phase.UntilAsync("looks", "20", () => probe.Looks, seen => seen >= 20, Cancel);

        await reader.ReadHeadAsync();
        Assert.EndsWith("last\n\n", await reader.ReadUntilAsync("data: last\n\n"), StringComparison.Ordinal);
    }
}
