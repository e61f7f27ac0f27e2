using System.Net;
using System.Net.Sockets;
using System.Text;
using EventCluster.Edge.Connections;
using EventCluster.Hosting.Configuration;
using EventCluster.Hosting.Node;
using EventCluster.TestKit;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;
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

    /// <summary>
    /// Goal: clients of this machine that say nothing, or half a question, do not keep the reserve. Method: the limit and the reserve are
    /// taken again and again, and each time somebody asks.
    /// </summary>
    [Theory]
    [InlineData("")]
    [InlineData("G")]
    [InlineData("GET /readyz HTTP/1.1\r\nHost: local")]
    [InlineData("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")]
    public async Task Accept_ReserveIsTakenBySilentClients_AQuestionIsAnswered(string said)
    {
        await using var server = await RunningServer.StartAsync("--EventCluster:Store=memory", $"--EventCluster:Limits:Connections={Limit}");
        List<Socket> open = [];
        for (var i = 0; i < Limit; i++)
        {
            open.Add(await ConnectAsync(server.Url.Port));
            Assert.True(await AnswersAsync(open[i]));
        }

        for (var round = 0; round < 5; round++)
        {
            for (var i = 0; i < 2 * ConnectionGate.AdministrationReserve; i++)
            {
                var silent = await ConnectAsync(server.Url.Port);
                open.Add(silent);
                try
                {
                    await silent.SendAsync(Encoding.ASCII.GetBytes(said), Token);
                }
                catch (SocketException)
                {
                    // It was closed for the next one already.
                }
            }

            using var client = new HttpClient { BaseAddress = server.Url };
            using var answer = await Phase.OfAsync("an answer", AskAsync(client, "/v1/admin/streams"));
            Assert.Equal(200, (int)answer.StatusCode);
            Assert.True(await AnswersAsync(open[0]));
        }

        open.ForEach(static socket => socket.Dispose());
        await Phase.OfAsync("places are free again", EnterAsync(server.Url.Port));
    }

    /// <summary>Who asked for a default that this machine has not is told; who did not has no fault.</summary>
    [Theory]
    [InlineData(true, "warn")]
    [InlineData(false, "info")]
    public async Task Start_LimitAboveTheSystems_IsAWarningOnlyWhenItWasConfigured(bool isConfigured, string level)
    {
        var options = new EventClusterOptions();
        var settings = new Dictionary<string, string?>();
        if (isConfigured)
        {
            settings["EventCluster:Limits:Connections"] = "50000";
        }

        Assert.Empty(OptionsBinder.Bind(new ConfigurationBuilder().AddInMemoryCollection(settings).Build(), options));
        var log = new LevelLogger();
        var bound = ConnectionBound.Of(options.Limits.Connections, new DescriptorLimit(Limit: 4_096, InUse: 100), memory: null);
        await new SystemLimitsStart(options, new SystemLimits(null, null), bound, log).StartAsync(Token);

        Assert.True(bound.IsBelowConfigured);
        Assert.Equal(level == "warn" ? LogLevel.Warning : LogLevel.Information, Assert.Single(log.Levels));
    }

    private sealed class LevelLogger : ILogger<SystemLimitsStart>
    {
        public List<LogLevel> Levels { get; } = [];

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Levels.Add(logLevel);
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
