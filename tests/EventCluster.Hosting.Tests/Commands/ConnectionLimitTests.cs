using System.Net;
using System.Net.Sockets;
using System.Text;
using EventCluster.TestKit;
using Xunit;

namespace EventCluster.Hosting.Tests.Commands;

/// <summary>At the limit existing connections go on, new ones are closed at once, and each that leaves makes room.</summary>
public sealed class ConnectionLimitTests
{
    private const int Limit = 3;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Accept_AtTheLimit_ClosesNewConnectionsAndServesExistingOnes()
    {
        await using var server = await RunningServer.StartAsync("--EventCluster:Store=memory", $"--EventCluster:Limits:Connections={Limit}");
        List<Socket> open = [];
        for (var i = 0; i < Limit; i++)
        {
            open.Add(await ConnectAsync(server.Url.Port));
            Assert.True(await AnswersAsync(open[i]));
        }

        for (var i = 0; i < 20; i++)
        {
            using var refused = await ConnectAsync(server.Url.Port);
            Assert.False(await AnswersAsync(refused, "/v1/stream/none"));
        }

        foreach (var socket in open)
        {
            Assert.True(await AnswersAsync(socket));
        }

        open[0].Dispose();
        open[0] = await Phase.OfAsync("a place is free", EnterAsync(server.Url.Port));
        Assert.True(await AnswersAsync(open[0]));
        open.ForEach(static socket => socket.Dispose());
    }

    private static async Task<Socket> EnterAsync(int port)
    {
        while (true)
        {
            var socket = await ConnectAsync(port);
            if (await AnswersAsync(socket, "/v1/stream/none"))
            {
                return socket;
            }

            socket.Dispose();
        }
    }

    private static async Task<Socket> ConnectAsync(int port)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(new IPEndPoint(IPAddress.Loopback, port), Token);
        return socket;
    }

    /// <summary>Goal: whoever runs the server can ask it why it is full. Method: as above, on connections of this machine.</summary>
    [Theory]
    [InlineData("/v1/admin/streams", 200)]
    [InlineData("/readyz", 200)]
    [InlineData("/healthz", 200)]
    [InlineData("/v1/stream/a", 503)]
    [InlineData("/v1/streams?stream=a", 503)]
    [InlineData("/", 503)]
    public async Task Accept_AtTheLimit_KeepsAReserveForAdministration(string path, int status)
    {
        await using var server = await RunningServer.StartAsync("--EventCluster:Store=memory", $"--EventCluster:Limits:Connections={Limit}");
        List<Socket> open = [];
        for (var i = 0; i < Limit; i++)
        {
            open.Add(await ConnectAsync(server.Url.Port));
            Assert.True(await AnswersAsync(open[i]));
        }

        for (var i = 0; i < 20; i++)
        {
            using var client = new HttpClient { BaseAddress = server.Url };
            using var answer = await Phase.OfAsync("an answer", AskAsync(client, path));

            Assert.Equal(status, (int)answer.StatusCode);
            Assert.True(answer.Headers.ConnectionClose);
        }

        open.ForEach(static socket => socket.Dispose());
    }

    /// <summary>The place of the question before may not be free yet.</summary>
    private static async Task<HttpResponseMessage> AskAsync(HttpClient client, string path)
    {
        while (true)
        {
            try
            {
                return await client.GetAsync(path, Token);
            }
            catch (HttpRequestException)
            {
                await Task.Yield();
            }
        }
    }

    private static async Task<bool> AnswersAsync(Socket socket, string path = "/healthz")
    {
        var buffer = new byte[4096];
        try
        {
            await socket.SendAsync(Encoding.ASCII.GetBytes($"HEAD {path} HTTP/1.1\r\nHost: localhost\r\n\r\n"), Token);
            var answer = Encoding.ASCII.GetString(buffer, 0, await socket.ReceiveAsync(buffer, Token));
            return answer.Length > 0 && !answer.StartsWith("HTTP/1.1 503", StringComparison.Ordinal);
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
