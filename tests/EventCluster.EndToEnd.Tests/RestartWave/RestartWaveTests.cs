using System.Text;
using EventCluster.Protocol;
using EventCluster.TestKit;
using EventCluster.TestKit.Servers;
using EventCluster.TestKit.Subscribers;
using Microsoft.AspNetCore.Http.Connections;
using Xunit;

namespace EventCluster.EndToEnd.Tests.RestartWave;

/// <summary>A server with many clients is stopped and started again.</summary>
public sealed class RestartWaveTests
{
    private const string Stream = "wave";
    private const string Json = "application/json";
    private const int WebSockets = 500;
    private const int EventSources = 500;
    private const int SignalRs = 100;
    private const int EventsPerPhase = 20;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Stop_WithOverAThousandClients_TellsThemToMove_AndAllResumeSpreadInTime()
    {
        // Goal: a restart loses and repeats nothing, and its clients do not come back all at once.
        // Method: 1,100 clients of three kinds follow one stream while it is written; the process gets SIGTERM and is
        // started again; the stream goes on and is closed. Each client checks every event's position.
        await using var server = await ServerProcess.StartAsync(Token);
        using var publisher = new StreamPublisher(server.Url);
        await publisher.CreateAsync(Stream, Json, Token);
        await AppendAsync(publisher, 1);
        var clients = Clients(server.Url);
        using var left = CancellationTokenSource.CreateLinkedTokenSource(Token);
        Task[] running = [.. clients.Select(client => client.RunAsync(left.Token))];
        await SeenAsync(clients, running, 1);
        await AppendAsync(publisher, EventsPerPhase);
        await SeenAsync(clients, running, 1 + EventsPerPhase);

        Assert.Equal(0, await server.TerminateAsync());
        await Phase.WhileAsync(
            "connections end", $"{clients.Length}", () => clients.Count(c => c.EndedConnections > 0), seen => seen == clients.Length, running,
            Token);
        AssertTold(clients);

        await server.RestartAsync([], Token);
        using var again = new StreamPublisher(server.Url);
        await AppendAsync(again, EventsPerPhase);
        await SeenAsync(clients, running, 1 + (2 * EventsPerPhase));
        await again.CloseAsync(Stream, Token);
        await Phase.OfAsync("every client reaches the end", Task.WhenAll(running));
        Assert.All(clients, client => Assert.Equal(1 + (2 * EventsPerPhase), client.Seen));
    }

    private static WaveClient[] Clients(Uri server)
    {
        var request = new SubscribeRequest(server, Stream, PayloadKind.Json);
        var hubs = new[] { HttpTransportType.WebSockets, HttpTransportType.ServerSentEvents, HttpTransportType.LongPolling };
        return
        [
            .. Enumerable.Range(0, WebSockets).Select(_ => new WaveClient(new WebSocketClient(), request)),
            .. Enumerable.Range(0, EventSources).Select(_ => new WaveClient(new EventSourceClient(), request)),
            .. Enumerable.Range(0, SignalRs).Select(i => new WaveClient(new SignalRClient(hubs[i % hubs.Length]), request)),
        ];
    }

    /// <summary>At least 99 % heard of the move before the close, and the delays are spread over 1 to 3 s.</summary>
    private static void AssertTold(WaveClient[] clients)
    {
        var untold = clients.Where(client => client.Announced is null).CountBy(client => client.Transport).ToList();
        Assert.True(
            untold.Sum(group => group.Value) <= clients.Length / 100,
            $"Closed without a word: {string.Join(", ", untold.Select(group => $"{group.Value} {group.Key}"))}.");
        var delays = clients.Where(client => client.Announced is not null).Select(client => client.Announced!.Value.TotalMilliseconds).ToList();
        Assert.All(delays, delay => Assert.InRange(delay, 1_000, 3_000));

        // Ten equal parts: each has a tenth of the clients, give or take chance (six standard deviations of 1,100 draws).
        var parts = delays.CountBy(delay => (int)Math.Min(9, (delay - 1_000) / 200)).ToDictionary();
        Assert.Equal(10, parts.Count);
        Assert.All(parts.Values, count => Assert.InRange(count, delays.Count / 20, delays.Count * 3 / 20));
    }

    private static async Task AppendAsync(StreamPublisher publisher, int events)
    {
        for (var i = 0; i < events; i++)
        {
            await publisher.AppendAsync(Stream, Json, Encoding.UTF8.GetBytes($"[{i}]"), Token);
        }
    }

    /// <summary>Waits until all clients have seen so many events, or one of them has failed.</summary>
    private static Task<int> SeenAsync(WaveClient[] clients, Task[] running, int events) => Phase.WhileAsync(
        $"all see {events} events", $"{clients.Length}", () => clients.Count(c => c.Seen == events), seen => seen == clients.Length, running,
        Token);
}
