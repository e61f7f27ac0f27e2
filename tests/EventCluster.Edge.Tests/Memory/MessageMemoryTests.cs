using System.Text;
using EventCluster.Abstractions.Memory;
using EventCluster.Edge.Tests.Server;
using EventCluster.Edge.Tests.SignalR;
using EventCluster.Edge.Tests.WebSockets;
using EventCluster.TestKit;
using Microsoft.AspNetCore.Http.Connections;
using Microsoft.AspNetCore.SignalR.Client;
using Microsoft.Extensions.DependencyInjection;

namespace EventCluster.Edge.Tests.Memory;

/// <summary>The same for messages: what is announced costs nothing, what arrived is counted, and over budget there is an answer.</summary>
public sealed class MessageMemoryTests
{
    private const int MessageBytes = 1024 * 1024;
    private const int Sent = 300_000;
    private const long BudgetBytes = 300L * 1024 * 1024;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(0)]
    [InlineData(Sent)]
    public async Task WebSocket_UnfinishedMessages_HoldWhatArrivedAndNothingOnceTheirClientsAreGone(int sent)
    {
        const int Clients = 15;
        await using var server = await StartAsync();
        var sockets = new List<RawSocket>();
        for (var i = 0; i < Clients; i++)
        {
            sockets.Add(await RawSocket.ConnectAsync(server, "/v1/streams"));
            await sockets[^1].SendAsync(Beginning(sent));
        }

        if (sent > 0)
        {
            await WaitingAsync(server, Clients, Clients * sent);
        }

        Assert.InRange(server.InboundBytes, Clients * sent, Clients * 2L * sent);
        sockets.ForEach(static socket => socket.Dispose());
        await EmptyAsync(server);
    }

    [Fact]
    public async Task WebSocket_BudgetFull_RefusesTheAppendAndGoesOn()
    {
        await using var server = await StartAsync();
        await server.CreateAsync("s", "application/json");
        using var client = await SocketClient.OpenAsync(server, "/v1/streams");
        const string Append = """{"type":"append","id":7,"stream":"s","events":[{"data":1}]}""";

        // Room for the message itself, not for what becomes of it.
        using (var large = new FullShare(server.Memory.Messages))
        using (var small = new FullShare(server.Memory.SmallBodies))
        {
            server.Memory.SmallBodies.Release(Append.Length + 70);
            await client.SendAsync(Append);
            var error = await client.ExpectAsync("error");
            Assert.Equal(("overloaded", 7), (error.GetProperty("code").GetString(), error.GetProperty("id").GetInt32()));
            await Phase.UntilAsync(
                "the message is let go", () => server.Memory.SmallBodies.TryReserve(Append.Length + 70), Cancel);
        }

        await client.SendAsync(Append);
        await client.ExpectAsync("ack");
    }

    [Fact]
    public async Task WebSocket_BudgetFull_ClosesAnUnfinishedMessageWith1013()
    {
        await using var server = await StartAsync();
        using var large = new FullShare(server.Memory.Messages);
        using var socket = await RawSocket.ConnectAsync(server, "/v1/streams");
        await socket.SendAsync(Beginning(Sent));
        Assert.Equal(1013, (await socket.ClosedAsync()).Code);
    }

    [Fact]
    public async Task WebSocket_SlowWhileOthersNeedItsMemory_IsClosedWith1013AndTheOthersAreServed()
    {
        await using var server = await StartAsync();
        await server.CreateAsync("s", "application/json");
        using var slow = await RawSocket.ConnectAsync(server, "/v1/streams?heartbeat=120");
        await slow.SendAsync(Beginning(Sent));
        await WaitingAsync(server, 1, Sent);
        using var large = new FullShare(server.Memory.Messages);
        server.Time.Advance(EdgeLimits.SlowAfter);
        server.Time.Advance(EdgeLimits.SlowAfter);
        using var other = await RawSocket.ConnectAsync(server, "/v1/streams");
        await other.SendAsync(Beginning(100_000));
        Assert.Equal(1013, (await slow.ClosedAsync()).Code);
        await WaitingAsync(server, 1, 100_000);
    }

    [Theory]
    [MemberData(nameof(HubClient.Transports), MemberType = typeof(HubClient))]
    public async Task SignalR_BudgetFull_RefusesTheAppendAndGoesOn(HttpTransportType transport)
    {
        await using var server = await StartAsync();
        await server.CreateAsync("s", "application/json");
        await using var client = await HubClient.OpenAsync(server, transport);
        var append = new { events = new[] { new { data = 1 } } };
        using (var large = new FullShare(server.Memory.Messages))
        using (var small = new FullShare(server.Memory.SmallBodies))
        {
            Assert.Equal("overloaded", await HubClient.CodeOfAsync(() => client.AppendAsync("s", append)));
        }

        await client.AppendAsync("s", append);
        Assert.Equal(0, server.InboundBytes);
    }

    [Theory]
    [MemberData(nameof(HubClient.Transports), MemberType = typeof(HubClient))]
    public async Task SignalR_BudgetFull_ClosesAnUnfinishedMessageWithAnError(HttpTransportType transport)
    {
        await using var server = await StartAsync();
        await server.CreateAsync("s", "application/json");
        await using var client = await HubClient.OpenAsync(server, transport);
        using var large = new FullShare(server.Memory.Messages);
        using var small = new FullShare(server.Memory.SmallBodies);
        var append = new { events = new[] { new { data = new string('x', 900_000) } } };
        await Assert.ThrowsAnyAsync<Exception>(() => client.Connection.InvokeAsync("Append", "s", append, Cancel));
        Assert.Equal(large.Bytes + small.Bytes, server.InboundBytes);
    }

    [Theory]
    [MemberData(nameof(HubClient.Transports), MemberType = typeof(HubClient))]
    public async Task SignalR_LargeAppends_HoldNothingAfterwards(HttpTransportType transport)
    {
        await using var server = await StartAsync();
        await server.CreateAsync("s", "application/json");
        await using var client = await HubClient.OpenAsync(server, transport);
        for (var i = 0; i < 3; i++)
        {
            await client.AppendAsync("s", new { events = new[] { new { data = new string('x', 900_000) } } });
        }

        await EmptyAsync(server);
        Assert.True(server.Memory.Messages.Peak > 900_000);
    }

    /// <summary>A frame that announces a message of <see cref="MessageBytes"/>, and so many bytes of it.</summary>
    private static byte[] Beginning(int sent)
    {
        var frame = RawSocket.Frame(0x81, Encoding.ASCII.GetBytes(new string(' ', MessageBytes)));
        return frame[..(frame.Length - MessageBytes + sent)];
    }

    private static Task<EdgeServer> StartAsync() => EdgeServer.StartAsync(
        services: static services => services.AddSingleton(new MemoryBudget(BudgetBytes)));

    /// <summary>Waits until so many messages wait for their clients, and the arrays for what those sent are reserved.</summary>
    private static Task<(int Count, long Bytes)> WaitingAsync(EdgeServer server, int count, long bytes) => Phase.UntilAsync(
        "unfinished messages, bytes", $"{count}, {bytes}", () => (server.Inbound.Messages.Waiting.Count, server.InboundBytes),
        seen => seen.Count == count && seen.InboundBytes >= bytes, Cancel);

    private static Task<long> EmptyAsync(EdgeServer server) => Phase.UntilAsync(
        "inbound bytes", "0", () => server.InboundBytes, static bytes => bytes == 0, Cancel);
}
