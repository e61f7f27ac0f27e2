using System.Buffers;
using System.Net;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json;
using EventCluster.Edge.Tests.Server;
using EventCluster.TestKit;

namespace EventCluster.Edge.Tests.WebSockets;

/// <summary>The platform's own WebSocket client, reading messages as JSON.</summary>
internal sealed class SocketClient : IDisposable
{
    private readonly ClientWebSocket _socket = new();
    private readonly HttpMessageInvoker _http = new(new SocketsHttpHandler());

    private SocketClient()
    {
    }

    /// <summary>The close code that the server sent.</summary>
    public int CloseCode => (int?)_socket.CloseStatus ?? 0;

    /// <summary>The reason that the server sent.</summary>
    public string Reason => _socket.CloseStatusDescription ?? "";

    public static async Task<SocketClient> ConnectAsync(
        EdgeServer server, string path, bool http2 = false, string? subprotocol = "eventcluster.v1", string? origin = null)
    {
        var client = new SocketClient();
        var options = client._socket.Options;
        options.KeepAliveInterval = TimeSpan.Zero;
        if (subprotocol is not null)
        {
            options.AddSubProtocol(subprotocol);
        }

        if (origin is not null)
        {
            options.SetRequestHeader("Origin", origin);
        }

        options.HttpVersion = http2 ? HttpVersion.Version20 : HttpVersion.Version11;
        options.HttpVersionPolicy = HttpVersionPolicy.RequestVersionExact;
        var uri = new Uri($"ws://127.0.0.1:{(http2 ? server.Http2Port : server.Port)}{path}");
        await client._socket.ConnectAsync(uri, client._http, TestContext.Current.CancellationToken);
        return client;
    }

    /// <summary>Connects and takes <c>hello</c>.</summary>
    public static async Task<SocketClient> OpenAsync(EdgeServer server, string path, bool http2 = false)
    {
        var client = await ConnectAsync(server, path, http2);
        await client.ExpectAsync("hello");
        return client;
    }

    public Task SendAsync(string message) => SendAsync(Encoding.UTF8.GetBytes(message), WebSocketMessageType.Text);

    public Task SendAsync(byte[] message, WebSocketMessageType type) =>
        _socket.SendAsync(message, type, endOfMessage: true, TestContext.Current.CancellationToken);

    /// <summary>The next message.</summary>
    public async Task<JsonElement> ReceiveAsync()
    {
        var message = await Phase.OfAsync("message", TryReceiveAsync());
        Assert.True(message is not null, $"Closed with {CloseCode}: {Reason}");
        return message.Value;
    }

    /// <summary>The next message, which must be of this type.</summary>
    public async Task<JsonElement> ExpectAsync(string type)
    {
        var message = await ReceiveAsync();
        Assert.True(message.GetProperty("type").GetString() == type, $"Expected {type}, seen {message}");
        return message;
    }

    /// <summary>Reads events of a stream until there are so many; answers their payloads as JSON text.</summary>
    public async Task<List<string>> EventsAsync(string stream, int count)
    {
        var events = new List<string>();
        while (events.Count < count)
        {
            var message = await ExpectAsync("events");
            Assert.Equal(stream, message.GetProperty("stream").GetString());
            events.AddRange(message.GetProperty("events").EnumerateArray().Select(e => PayloadOf(e).GetRawText()));
        }

        Assert.Equal(count, events.Count);
        return events;
    }

    /// <summary>Reads until the server closes; answers the code.</summary>
    public async Task<int> ClosedAsync()
    {
        while (await Phase.OfAsync("close", TryReceiveAsync()) is not null)
        {
        }

        return CloseCode;
    }

    public async Task CloseAsync() =>
        await _socket.CloseAsync(WebSocketCloseStatus.NormalClosure, "", TestContext.Current.CancellationToken);

    public void Dispose()
    {
        _socket.Dispose();
        _http.Dispose();
    }

    public static JsonElement PayloadOf(JsonElement item) =>
        item.TryGetProperty("data", out var data) ? data : item.GetProperty("base64");

    private async Task<JsonElement?> TryReceiveAsync()
    {
        var message = new ArrayBufferWriter<byte>();
        while (true)
        {
            var result = await _socket.ReceiveAsync(message.GetMemory(64 * 1024), TestContext.Current.CancellationToken);
            message.Advance(result.Count);
            if (result.MessageType == WebSocketMessageType.Close)
            {
                return null;
            }

            if (result.EndOfMessage)
            {
                Assert.Equal(WebSocketMessageType.Text, result.MessageType);
                using var document = JsonDocument.Parse(message.WrittenMemory);
                return document.RootElement.Clone();
            }
        }
    }
}
