using System.Net.WebSockets;
using System.Text;

namespace EventCluster.Exhaust;

/// <summary>Many clients of one kind that cost as much as they can; they are all gone with <see cref="Dispose"/>.</summary>
internal sealed class Attack : IDisposable
{
    /// <summary>A stream of large events, for readers that take nothing.</summary>
    public const string LargeStream = "large";

    private const string Host = "Host: localhost\r\n";
    private const string Live = "/v1/stream/" + LargeStream + "?offset=-1&live=";
    private static readonly TimeSpan _handshake = TimeSpan.FromSeconds(10);

    private readonly List<IDisposable> _clients = [];
    private readonly CancellationTokenSource _stop = new();

    /// <summary>Every kind, by name: what one client does once it is connected.</summary>
    public static IReadOnlyDictionary<string, Func<Attack, BoundServer, Task<bool>>> Kinds { get; } =
        new Dictionary<string, Func<Attack, BoundServer, Task<bool>>>
        {
            ["idle"] = static (attack, server) => attack.RawAsync(server.Url, []),
            ["half-headers"] = static (attack, server) => attack.RawAsync(server.Url, RawClient.Text("GET / HTTP/1.1\r\nHost: loc")),
            ["half-body-announced"] = static (attack, server) => attack.RawAsync(server.Url, Post("Content-Length: 8388608\r\n\r\n")),
            ["half-body-sent"] = static (attack, server) => attack.RawAsync(
                server.Url, [.. Post("Content-Length: 8388608\r\n\r\n"), .. new byte[60_000]]),
            ["half-body-chunked"] = static (attack, server) => attack.RawAsync(
                server.Url, [.. Post("Transfer-Encoding: chunked\r\n\r\n800000\r\n"), .. new byte[60_000]]),
            ["half-body-http2"] = static (attack, server) => attack.RawAsync(server.Http2Url, Http2Words.HalfBodies(streams: 16)),
            ["half-message-websocket"] = static (attack, server) => attack.WebSocketAsync(server, "/v1/streams", "eventcluster.v1", static async (socket, ended) =>
                await socket.SendAsync(new byte[60_000], WebSocketMessageType.Text, endOfMessage: false, ended)),
            ["half-message-signalr"] = static (attack, server) => attack.WebSocketAsync(server, "/v1/signalr", null, static async (socket, ended) =>
            {
                await SayAsync(socket, "{\"protocol\":\"json\",\"version\":1}\u001e", ended);
                await socket.SendAsync(Encoding.ASCII.GetBytes(new string('x', 60_000)), WebSocketMessageType.Text, endOfMessage: false, ended);
            }),
            ["slow-eventsource"] = static (attack, server) => attack.RawAsync(server.Url, Get(Live + "eventsource", "Accept: text/event-stream\r\n")),
            ["slow-durable-sse"] = static (attack, server) => attack.RawAsync(server.Url, Get(Live + "sse", "")),
            ["slow-composite"] = static (attack, server) => attack.RawAsync(
                server.Url, Get($"/v1/streams?stream={LargeStream}&offset=-1&live=eventsource", "Accept: text/event-stream\r\n")),
            ["slow-catch-up"] = static (attack, server) => attack.RawAsync(server.Url, Get($"/v1/stream/{LargeStream}?offset=-1", "")),
            ["slow-long-poll"] = static (attack, server) => attack.RawAsync(server.Url, Get(Live + "long-poll", "")),
            ["slow-http2"] = static (attack, server) => attack.RawAsync(server.Http2Url, Http2Words.SlowReaders(Live + "eventsource", streams: 16)),
            ["slow-websocket"] = static (attack, server) => attack.WebSocketAsync(server, "/v1/streams", "eventcluster.v1", static (socket, ended) =>
                SayAsync(socket, $"{{\"type\":\"subscribe\",\"id\":1,\"stream\":\"{LargeStream}\",\"offset\":\"-1\",\"credit\":1073741824}}", ended)),
            ["slow-signalr"] = static (attack, server) => attack.WebSocketAsync(server, "/v1/signalr", null, static async (socket, ended) =>
            {
                await SayAsync(socket, "{\"protocol\":\"json\",\"version\":1}\u001e", ended);
                await SayAsync(
                    socket, $"{{\"type\":4,\"invocationId\":\"1\",\"target\":\"Subscribe\",\"arguments\":[\"{LargeStream}\",\"-1\",null]}}\u001e", ended);
            }),
        };

    /// <summary>Connected clients.</summary>
    public int Count => _clients.Count;

    /// <summary>Connects so many clients, of the kinds in turn; those that the server refuses are let go.</summary>
    public async Task<int> ConnectAsync(BoundServer server, IReadOnlyList<string> kinds, int clients)
    {
        var connected = 0;
        for (var i = 0; i < clients; i++)
        {
            connected += await Kinds[kinds[i % kinds.Count]](this, server) ? 1 : 0;
        }

        return connected;
    }

    public void Dispose()
    {
        _stop.Cancel();
        lock (_clients)
        {
            _clients.ForEach(static client => client.Dispose());
            _clients.Clear();
        }

        _stop.Dispose();
    }

    private static byte[] Post(string framing) =>
        RawClient.Text($"POST /v1/stream/{LargeStream} HTTP/1.1\r\n{Host}Content-Type: application/octet-stream\r\n{framing}");

    private static byte[] Get(string target, string headers) => RawClient.Text($"GET {target} HTTP/1.1\r\n{Host}{headers}\r\n");

    private static async Task SayAsync(ClientWebSocket socket, string words, CancellationToken cancellationToken) =>
        await socket.SendAsync(Encoding.UTF8.GetBytes(words), WebSocketMessageType.Text, endOfMessage: true, cancellationToken);

    private async Task<bool> RawAsync(Uri url, byte[] words)
    {
        var client = new RawClient();
        if (await client.TryAsync(url.Port, words))
        {
            Keep(client);
            return true;
        }

        client.Dispose();
        return false;
    }

    private async Task<bool> WebSocketAsync(
        BoundServer server, string path, string? protocol, Func<ClientWebSocket, CancellationToken, Task> say)
    {
        var socket = new ClientWebSocket();
        using var guard = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
        guard.CancelAfter(_handshake);
        try
        {
            if (protocol is not null)
            {
                socket.Options.AddSubProtocol(protocol);
            }

            await socket.ConnectAsync(new Uri($"ws://127.0.0.1:{server.Url.Port}{path}"), guard.Token);
            await say(socket, guard.Token);
            Keep(socket);
            return true;
        }
        catch (Exception e) when (e is WebSocketException or OperationCanceledException)
        {
            socket.Dispose();
            return false;
        }
    }

    private void Keep(IDisposable client)
    {
        lock (_clients)
        {
            _clients.Add(client);
        }
    }
}
