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
            Assert.False(await AnswersAsync(refused));
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
            if (await AnswersAsync(socket))
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

    private static async Task<bool> AnswersAsync(Socket socket)
    {
        var buffer = new byte[4096];
        try
        {
            await socket.SendAsync(Encoding.ASCII.GetBytes("GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"), Token);
            return Encoding.ASCII.GetString(buffer, 0, await socket.ReceiveAsync(buffer, Token)).StartsWith("HTTP/1.1 200", StringComparison.Ordinal);
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
