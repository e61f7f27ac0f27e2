using System.Net;
using System.Net.Sockets;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json;
using EventCluster.Edge.Tests.Server;
using EventCluster.Protocol;
using EventCluster.TestKit;
using EventCluster.TestKit.Subscribers;

namespace EventCluster.Edge.Tests.Memory;

/// <summary>What a client costs that asks for events of the largest size and takes nothing, on every transport.</summary>
[Collection(AloneCollection.Name)]
public sealed class StalledReaderMemoryTests
{
    private const int Events = 3;
    private const int Readers = 16;

    /// <summary>
    /// What a reader may hold by the limits of its transport, and as much again for its connection and for what pools keep beside
    /// it. One copy of one event is almost three times as much.
    /// </summary>
    private const long MostBytes = 384 * 1024;

    /// <summary>So much is taken, more than any head or greeting: the reader is inside its first event then.</summary>
    private const int TakenBytes = 2 * 1024;

    private const string Host = "Host: 127.0.0.1\r\n";
    private const char Separator = '\u001e';

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public static TheoryData<string, string> Ways
    {
        get
        {
            var data = new TheoryData<string, string>();
            foreach (var way in (string[])
                ["eventsource", "sse", "long-poll", "catch-up", "several", "websocket", "signalr-ws", "signalr-sse", "signalr-poll"])
            {
                data.Add(way, "application/octet-stream");
                data.Add(way, "application/json");
            }

            return data;
        }
    }

    /// <summary>
    /// Goal: a reader that takes nothing is a place in the stream and a slice. Method: the heap after a full collection, with and
    /// without such readers, after one of them has made the process load what it needs.
    /// </summary>
    [Theory]
    [MemberData(nameof(Ways))]
    public async Task Reader_ThatTakesNothing_HoldsSlicesAndNoEvent(string way, string type)
    {
        await using var server = await EdgeServer.StartAsync(clock: TimeProvider.System);
        server.SendBufferBytes = 16 * 1024;
        using var publisher = new StreamPublisher(server.Url);
        await publisher.CreateAsync("s", type, Cancel);
        var payload = type == "application/json"
            ? Encoding.ASCII.GetBytes($"[\"{new string('x', ProtocolLimits.MaxEventBytes - 2)}\"]")
            : TestData.Bytes(1, ProtocolLimits.MaxEventBytes);
        for (var i = 0; i < Events; i++)
        {
            await publisher.AppendAsync("s", type, payload, Cancel);
        }

        var readers = new List<IDisposable>();
        try
        {
            readers.Add(await ConnectAsync(server, way));
            var before = await RestAsync();
            for (var i = 0; i < Readers; i++)
            {
                readers.Add(await ConnectAsync(server, way));
            }

            var each = (await RestAsync() - before) / Readers;
            Assert.True(each < MostBytes, $"A reader holds {each} bytes.");
        }
        finally
        {
            readers.ForEach(static reader => reader.Dispose());
        }
    }

    /// <summary>What is live once nothing moves any more.</summary>
    private static async Task<long> RestAsync()
    {
        var live = long.MinValue;
        await Phase.UntilAsync(
            "the server is at rest",
            () =>
            {
                var before = live;
                live = GC.GetTotalMemory(forceFullCollection: true);
                return Math.Abs(live - before) < 128 * 1024;
            },
            Cancel);
        return live;
    }

    private static async Task<IDisposable> ConnectAsync(EdgeServer server, string way)
    {
        const string Stream = "/v1/stream/s?offset=-1";
        const string EventStream = "Accept: text/event-stream\r\n";
        switch (way)
        {
            case "eventsource":
                return await GetAsync(server, Stream + "&live=eventsource", EventStream);
            case "sse":
                return await GetAsync(server, Stream + "&live=sse", "");
            case "long-poll":
                return await GetAsync(server, Stream + "&live=long-poll", "");
            case "catch-up":
                return await GetAsync(server, Stream, "");
            case "several":
                return await GetAsync(server, "/v1/streams?stream=s&offset=-1&live=eventsource", EventStream);
            case "websocket":
                return await OpenAsync(
                    server, "/v1/streams", "eventcluster.v1", """{"type":"subscribe","id":1,"stream":"s","offset":"-1","credit":1073741824}""");
            case "signalr-ws":
                return await OpenAsync(server, "/v1/signalr", null, Handshake, Subscribe);
        }

        var http = new HttpClient { BaseAddress = server.Url };
        using var negotiated = await http.PostAsync(new Uri("/v1/signalr/negotiate?negotiateVersion=1", UriKind.Relative), null, Cancel);
        using var answer = JsonDocument.Parse(await negotiated.Content.ReadAsStringAsync(Cancel));
        var path = $"/v1/signalr?id={Uri.EscapeDataString(answer.RootElement.GetProperty("connectionToken").GetString()!)}";
        if (way == "signalr-sse")
        {
            return await GetAsync(server, path, EventStream, async () =>
            {
                await SayAsync(http, path, Handshake);
                await SayAsync(http, path, Subscribe);
            });
        }

        // The first poll is answered at once, the second one has the answer to the handshake.
        using var first = await http.GetAsync(new Uri(path, UriKind.Relative), Cancel);
        await SayAsync(http, path, Handshake);
        using var second = await http.GetAsync(new Uri(path, UriKind.Relative), Cancel);
        await SayAsync(http, path, Subscribe);
        while (!await IsInsideAnEventAsync(http, path))
        {
            // Whatever comes before the event is an answer of its own.
        }

        return http;
    }

    /// <summary>Polls, and stops inside the answer if that is a long one; the client holds it from then on.</summary>
    private static async Task<bool> IsInsideAnEventAsync(HttpClient http, string path)
    {
        var poll = await http.GetAsync(new Uri(path, UriKind.Relative), HttpCompletionOption.ResponseHeadersRead, Cancel);
        poll.EnsureSuccessStatusCode();
        var body = await poll.Content.ReadAsStreamAsync(Cancel);
        var taken = 0;
        for (int read; taken < TakenBytes && (read = await body.ReadAsync(new byte[512], Cancel)) > 0; taken += read)
        {
            // The rest of the first slice at most.
        }

        return taken >= TakenBytes;
    }

    private static string Handshake => $$"""{"protocol":"json","version":1}{{Separator}}""";

    private static string Subscribe => $$"""{"type":4,"invocationId":"1","target":"Subscribe","arguments":["s","-1",null]}{{Separator}}""";

    private static async Task SayAsync(HttpClient http, string path, string words)
    {
        using var answer = await http.PostAsync(new Uri(path, UriKind.Relative), new StringContent(words), Cancel);
        answer.EnsureSuccessStatusCode();
    }

    private static async Task<IDisposable> GetAsync(EdgeServer server, string target, string headers, Func<Task>? begin = null)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { ReceiveBufferSize = 4 * 1024 };
        await socket.ConnectAsync(new IPEndPoint(IPAddress.Loopback, server.Port), Cancel);
        await socket.SendAsync(Encoding.ASCII.GetBytes($"GET {target} HTTP/1.1\r\n{Host}{headers}\r\n"), Cancel);
        begin ??= static () => Task.CompletedTask;
        await begin();
        await TakeAsync(buffer => socket.ReceiveAsync(buffer, Cancel));
        return socket;
    }

    private static async Task<IDisposable> OpenAsync(EdgeServer server, string path, string? protocol, params string[] words)
    {
        var socket = new ClientWebSocket();
        if (protocol is not null)
        {
            socket.Options.AddSubProtocol(protocol);
        }

        await socket.ConnectAsync(new Uri($"ws://127.0.0.1:{server.Port}{path}"), Cancel);
        foreach (var word in words)
        {
            await socket.SendAsync(Encoding.UTF8.GetBytes(word), WebSocketMessageType.Text, endOfMessage: true, Cancel);
        }

        await TakeAsync(async buffer => (await socket.ReceiveAsync(buffer, Cancel)).Count);
        return socket;
    }

    private static async Task TakeAsync(Func<Memory<byte>, ValueTask<int>> receive)
    {
        for (var taken = 0; taken < TakenBytes;)
        {
            var read = await receive(new byte[512]);
            Assert.True(read > 0, "The connection ended before the event.");
            taken += read;
        }
    }
}
