using EventCluster.Abstractions.Memory;
using EventCluster.Edge.Tests.Server;
using EventCluster.Protocol;
using EventCluster.TestKit;
using Microsoft.Extensions.DependencyInjection;

namespace EventCluster.Edge.Tests.Memory;

/// <summary>
/// What bodies make the server hold, over every way in: nothing for an announcement, a bound for what arrived, a clear
/// refusal beyond it, and nothing in the end (which every <see cref="EdgeServer"/> checks when it is disposed).
/// </summary>
public sealed class BodyMemoryTests
{
    private const int Large = ProtocolLimits.MaxRequestBodyBytes;
    private const long BudgetBytes = 300L * 1024 * 1024;

    public static IEnumerable<TheoryDataRow<BodyWay>> Ways => BodyWay.All;

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task Body_AnnouncedAndNotSent_HoldsNothing(BodyWay way)
    {
        const int Clients = 40;
        await using var server = await StartAsync();
        await CreateAsync(server, way);
        var uploads = new List<BodyWay.IUpload>();
        for (var i = 0; i < Clients; i++)
        {
            uploads.Add(await way.BeginAsync(server, $"new-{i}", Large));
        }

        await UnfinishedAsync(server, Clients);
        Assert.Equal((0L, 0L), (server.InboundBytes, server.Memory.RequestBodies.Peak));
        Assert.Equal(Success(way), (await way.SendAsync(server, StreamOf(way), way.Body(500_000))).Status);
        uploads.ForEach(static upload => upload.Abort());
        await UnfinishedAsync(server, 0);
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task Body_HalfSent_HoldsWhatArrivedAndNothingOnceItsClientIsGone(BodyWay way)
    {
        const int Clients = 20;
        const int Sent = 300_000;
        await using var server = await StartAsync();
        var uploads = new List<BodyWay.IUpload>();
        for (var i = 0; i < Clients; i++)
        {
            uploads.Add(await way.BeginAsync(server, $"new-{i}", Large));
            await uploads[^1].WriteAsync(way.Body(Large)[..Sent]);
        }

        await Phase.UntilAsync(
            "bytes that arrived", "all", () => server.InboundBytes, static bytes => bytes >= Clients * Sent,
            TestContext.Current.CancellationToken);
        Assert.InRange(server.InboundBytes, Clients * Sent, Clients * 2 * Sent);
        uploads.ForEach(static upload => upload.Abort());
        await UnfinishedAsync(server, 0);
        Assert.Equal(0, server.InboundBytes);
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task Body_BudgetFull_Is503WithRetryAfterAndTakenOnceThereIsRoom(BodyWay way)
    {
        await using var server = await StartAsync();
        await CreateAsync(server, way);
        using var large = new FullShare(server.Memory.RequestBodies);
        foreach (var size in new[] { 70_000, 900_000 })
        {
            Assert.Equal((503, "overloaded", true), await way.SendAsync(server, StreamOf(way), way.Body(size)));
        }

        // Small ones have a reserve.
        Assert.Equal(Success(way), (await way.SendAsync(server, StreamOf(way, "small"), way.Body(30_000))).Status);
        using var small = new FullShare(server.Memory.SmallBodies);
        Assert.Equal((503, "overloaded", true), await way.SendAsync(server, StreamOf(way), way.Body(30_000)));
        Assert.Equal((503, "overloaded", true), await way.SendAsync(server, StreamOf(way), way.Body(10)));

        small.Dispose();
        large.Dispose();
        Assert.Equal(Success(way), (await way.SendAsync(server, StreamOf(way), way.Body(900_000))).Status);
        Assert.Equal(0, server.InboundBytes);
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task Body_SlowWhileOthersNeedItsMemory_Is408AndTheOthersAreServed(BodyWay way)
    {
        await using var server = await StartAsync();
        await CreateAsync(server, way);
        const int Sent = 2 * 1024 * 1024;
        using var slow = await way.BeginAsync(server, StreamOf(way, "slow"), Large);
        await slow.WriteAsync(way.Body(Large)[..Sent]);
        await Phase.UntilAsync(
            "bytes that arrived", "all", () => server.Inbound.Bodies.Waiting, static seen => seen == (1, Sent),
            TestContext.Current.CancellationToken);
        var held = server.InboundBytes;
        using var rest = new FullShare(server.Memory.RequestBodies);

        // Nobody is slow in the moment in which it sends.
        Assert.Equal((503, "overloaded", true), await way.SendAsync(server, StreamOf(way), way.Body(500_000)));
        Assert.Equal(held, server.InboundBytes - rest.Bytes);

        server.Time.Advance(EdgeLimits.SlowAfter);
        server.Time.Advance(EdgeLimits.SlowAfter);
        Assert.Equal(Success(way), (await way.SendAsync(server, StreamOf(way), way.Body(500_000))).Status);
        Assert.Equal((408, "too_slow", false), await slow.ReadAsync());
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task Body_UntilItsCommitIsSettled_IsHeldWithItsBlock(BodyWay way)
    {
        const int Size = 400_000;
        var front = new HeldDirectory();
        await using var server = await StartAsync(front);
        using var letGo = front;
        var sent = way.SendAsync(server, "new", way.Body(Size));
        await Phase.UntilAsync("held", () => front.Waiting == 1, TestContext.Current.CancellationToken);
        Assert.InRange(server.InboundBytes, 2 * Size, 3 * Size);
        front.Gate.SetResult();
        Assert.Equal(way.Method == "PUT" ? 201 : 404, (await sent).Status);
        Assert.Equal(0, server.InboundBytes);
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task Body_ClientGoneBeforeTheCommit_IsHeldUntilItIsSettled(BodyWay way)
    {
        const int Size = 400_000;
        var front = new HeldDirectory();
        await using var server = await StartAsync(front);
        using var letGo = front;
        var body = way.Body(Size);
        var upload = await way.BeginAsync(server, "new", body.Length);
        await upload.WriteAsync(body);
        var answer = upload.FinishAsync();
        await Phase.UntilAsync("held", () => front.Waiting == 1, TestContext.Current.CancellationToken);
        upload.Abort();
        await Assert.ThrowsAnyAsync<Exception>(() => answer);
        Assert.InRange(server.InboundBytes, 2 * Size, 3 * Size);
        front.Gate.SetResult();
        await Phase.UntilAsync(
            "bytes", "0", () => server.InboundBytes, static bytes => bytes == 0, TestContext.Current.CancellationToken);
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task Body_OwnerFails_HoldsNothingAfterwards(BodyWay way)
    {
        var front = new HeldDirectory();
        await using var server = await StartAsync(front);
        using var letGo = front;
        front.Gate.SetException(new EventCluster.Abstractions.Store.StoreUnreachableException("The test says so."));
        Assert.Equal(503, (await way.SendAsync(server, "new", way.Body(400_000))).Status);
        Assert.Equal(0, server.InboundBytes);
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task Body_Refused_HoldsNothingAfterwards(BodyWay way)
    {
        await using var server = await StartAsync();
        await CreateAsync(server, way);
        var broken = way.Json ? [.. way.Body(400_000)[..^1], (byte)'x'] : new byte[ProtocolLimits.MaxEventBytes + 1];
        Assert.Equal(way.Json ? 400 : 413, (await way.SendAsync(server, StreamOf(way), broken)).Status);
        Assert.Equal(413, (await way.SendAsync(server, StreamOf(way), new byte[Large + 1])).Status);
        Assert.Equal(0, server.InboundBytes);
    }

    /// <summary>
    /// Goal: more honest clients than the memory holds are served or told when to come again, never failed. Method: 80
    /// bodies of 8 MB at once under the budget of a process with 512 MB; the sum never exceeds the share.
    /// </summary>
    [Theory]
    [InlineData("length")]
    [InlineData("chunked")]
    [InlineData("h2-length")]
    public async Task Body_80HonestClientsWith8Megabytes_Get204Or503(string framing)
    {
        var way = new BodyWay("POST", framing, Json: true);
        await using var server = await StartAsync();
        await CreateAsync(server, way);
        var body = way.Body(8_000_000);
        var answers = await Task.WhenAll(Enumerable.Range(0, 80).Select(_ => way.SendAsync(server, StreamOf(way), body)));
        Assert.All(answers, static answer => Assert.True(
            answer is (204, _, _) or (503, "overloaded", true), $"{answer.Status} {answer.Code}"));
        Assert.Contains(answers, static answer => answer.Status == 204);
        Assert.InRange(server.Memory.RequestBodies.Peak, body.Length, server.Memory.RequestBodies.Limit);
        Assert.Equal(0, server.InboundBytes);
    }

    private static Task<EdgeServer> StartAsync() => EdgeServer.StartAsync(
        services: static services => services.AddSingleton(new MemoryBudget(BudgetBytes)));

    private static async Task<EdgeServer> StartAsync(HeldDirectory front)
    {
        var server = await EdgeServer.StartAsync(
            front: front, services: static services => services.AddSingleton(new MemoryBudget(BudgetBytes)));
        front.Inner = server.Directory;
        return server;
    }

    private static Task CreateAsync(EdgeServer server, BodyWay way) => server.CreateAsync("appended", way.ContentType);

    /// <summary>Appends need a stream, creates a name that is free.</summary>
    private static string StreamOf(BodyWay way, string free = "free") => way.Method == "POST" ? "appended" : free;

    private static int Success(BodyWay way) => way.Method == "POST" ? 204 : 201;

    private static Task<int> UnfinishedAsync(EdgeServer server, int count) => Phase.UntilAsync(
        "unfinished bodies", count.ToString(System.Globalization.CultureInfo.InvariantCulture),
        () => server.Inbound.Bodies.Unfinished, seen => seen == count, TestContext.Current.CancellationToken);
}
