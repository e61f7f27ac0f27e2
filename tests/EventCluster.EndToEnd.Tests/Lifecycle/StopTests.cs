using System.Net.Sockets;
using EventCluster.EndToEnd.Tests.Http;
using EventCluster.EndToEnd.Tests.SlowReaders;
using EventCluster.TestKit;
using EventCluster.TestKit.Servers;
using Xunit;

namespace EventCluster.EndToEnd.Tests.Lifecycle;

/// <summary>The end of the process, asked for.</summary>
public sealed class StopTests
{
    private const string Json = "application/json";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Terminate_WithLiveReadersAndWriters_EndsEveryAnswerCleanlyAndExitsWithZero()
    {
        await using var server = await ServerProcess.StartAsync(Token);
        using var client = new StreamClient(server.Url);
        var tail = await client.CreateAsync("live", Json, "[0]", Token);
        using var events = await client.OpenEventSourceAsync("live", null, Token);
        Assert.Equal("0", (await events.NextAsync(Token))?.Data);
        await client.CreateAsync("quiet", Json, "[0]", Token);
        using var longPoll = await StartLongPollAsync(server, "quiet");
        using var durable = await client.OpenAsync($"live?offset={tail}&live=sse", Token);
        var writers = Enumerable.Range(0, 8).Select(writer => AppendUntilRefusedAsync(client, writer)).ToArray();
        await Phase.UntilAsync("writers are writing", () => writers.All(w => !w.IsCompleted), Token);
        Assert.NotNull(await events.NextAsync(Token));

        Assert.Equal(0, await server.TerminateAsync());

        var last = -1L;
        while (await events.NextAsync(Token) is { } next)
        {
            last = Math.Max(last, next.Id is { } id ? Protocol.StreamOffset.Parse(id).Sequence : last);
        }

        var polled = new byte[64];
        await longPoll.ReceiveAsync(polled, Token);
        Assert.Contains(System.Text.Encoding.ASCII.GetString(polled, 9, 3), new[] { "200", "204", "503" });
        Assert.Equal(System.Net.HttpStatusCode.OK, durable.StatusCode);
        Assert.Contains("streamNextOffset", await durable.Content.ReadAsStringAsync(Token), StringComparison.Ordinal);
        var acked = (await Task.WhenAll(writers)).Sum();
        await server.RestartAsync([], Token);
        using var after = new StreamClient(server.Url);
        var (count, next2) = (0, tail);
        while (true)
        {
            var answer = await after.ReadAsync("live", next2, Token);
            Assert.True(answer.Status == 200, answer.Body + server.Output);
            using var body = System.Text.Json.JsonDocument.Parse(answer.Body);
            count += body.RootElement.GetArrayLength();
            if (body.RootElement.GetArrayLength() == 0)
            {
                break;
            }

            next2 = answer.Next!.Value;
        }

        // An append that was cut off may have landed without its acknowledgement; none that was acknowledged is missing.
        Assert.InRange(count, acked, acked + writers.Length);
    }

    /// <summary>Who does not let go in time is cut; that is no failure of the stop, and the store is sealed.</summary>
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public async Task Terminate_ClientsThatNeverLetGo_ExitsWithZeroAndSealsTheStore(int seconds)
    {
        await using var server = await ServerProcess.StartAsync(Token, $"--EventCluster:Shutdown:Timeout={seconds}");
        using var client = new StreamClient(server.Url);
        await client.CreateAsync("s", Json, "[0]", Token);
        var bodies = new List<Socket>();
        for (var i = 0; i < 20; i++)
        {
            var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
            await socket.ConnectAsync(server.Url.Host, server.Url.Port, Token);
            await socket.SendAsync("POST /v1/stream/s HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n[1,"u8.ToArray(), Token);
            bodies.Add(socket);
        }

        await client.AppendAsync("s", Json, "[1]", Token);
        var exit = await server.TerminateAsync();

        Assert.True(exit == 0, $"It ended with {exit}:\n{server.Output}");
        Assert.DoesNotContain("   at ", server.Output, StringComparison.Ordinal);
        bodies.ForEach(static socket => socket.Dispose());
        var before = server.Output.Length;
        await server.RestartAsync([], Token);
        Assert.Contains("clean stop True", server.Output[before..], StringComparison.Ordinal);
    }

    /// <summary>Sends a long-poll and waits until the server took it: one that still lies before its door is nobody's when it stops.</summary>
    private static async Task<Socket> StartLongPollAsync(ServerProcess server, string stream)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(server.Url.Host, server.Url.Port, Token);
        var request = $"GET /v1/stream/{stream}?offset=now&live=long-poll&wait=60 HTTP/1.1\r\nHost: localhost\r\n\r\n";
        await socket.SendAsync(System.Text.Encoding.ASCII.GetBytes(request), Token);
        var port = ((System.Net.IPEndPoint)socket.LocalEndPoint!).Port;
        if (OperatingSystem.IsLinux())
        {
            await Phase.UntilAsync(
                "the long-poll is taken",
                () => KernelQueues.UnreadByServer(server.Url.Port).TryGetValue(port, out var unread) && unread == 0, Token);
        }

        return socket;
    }

    private static async Task<int> AppendUntilRefusedAsync(StreamClient client, int writer)
    {
        for (var acked = 0; ; acked++)
        {
            try
            {
                using var answer = await client.SendAsync(HttpMethod.Post, "live", Json, $"[{writer}]", Token);
                if (!answer.IsSuccessStatusCode)
                {
                    return acked;
                }
            }
            catch (HttpRequestException)
            {
                return acked;
            }
        }
    }
}
