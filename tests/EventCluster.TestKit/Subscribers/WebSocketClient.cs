using System.Buffers;
using System.Net;
using System.Net.WebSockets;
using System.Runtime.CompilerServices;
using System.Text.Json;

namespace EventCluster.TestKit.Subscribers;

/// <summary>
/// Subprotocol <c>eventcluster.v1</c> on the stream's URL, over HTTP/1.1 or HTTP/2; or on the URL of several streams, where a
/// companion, which must exist and be open, shares the connection.
/// </summary>
public sealed class WebSocketClient(bool http2 = false, string? companion = null) : SubscriberClient
{
    private static readonly byte[] Pong = """{"type":"pong"}"""u8.ToArray();

    /// <inheritdoc />
    public override string Name => (companion, http2) switch
    {
        (null, false) => "websocket",
        (null, true) => "websocket-h2",
        _ => "composite-websocket",
    };

    /// <inheritdoc />
    public override SubscriberTraits Traits =>
        SubscriberTraits.AnnouncesMove | SubscriberTraits.Waits | (http2 ? SubscriberTraits.Http2 : SubscriberTraits.None);

    /// <inheritdoc />
    protected override async IAsyncEnumerable<Sighting> ReadAsync(
        SubscribeRequest request, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var invoker = new HttpMessageInvoker(new SocketsHttpHandler { UseProxy = false });
        using var socket = new ClientWebSocket();
        socket.Options.AddSubProtocol("eventcluster.v1");
        socket.Options.KeepAliveInterval = TimeSpan.Zero;
        socket.Options.HttpVersion = http2 ? HttpVersion.Version20 : HttpVersion.Version11;
        socket.Options.HttpVersionPolicy = HttpVersionPolicy.RequestVersionExact;
        var url = new UriBuilder(request.UrlOf(companion is null
            ? $"{request.Path}?{request.Query}"
            : $"/v1/streams?stream={request.Stream}&{request.Start.Query}&stream={companion}{request.Query[request.Start.Query.Length..]}"))
        {
            Scheme = request.Server.Scheme == Uri.UriSchemeHttps ? "wss" : "ws",
        };
        await socket.ConnectAsync(url.Uri, invoker, cancellationToken);
        var message = new ArrayBufferWriter<byte>();
        while (await ReceiveAsync(socket, message, cancellationToken))
        {
            using var json = JsonDocument.Parse(message.WrittenMemory);
            if (json.RootElement.GetProperty("type").GetString() == "ping")
            {
                await socket.SendAsync(Pong, WebSocketMessageType.Text, endOfMessage: true, cancellationToken);
                continue;
            }

            if (json.RootElement.TryGetProperty("stream", out var name) && name.GetString() != request.Stream)
            {
                continue;
            }

            foreach (var sighting in MessageSightings.Of(json.RootElement, request.Kind))
            {
                yield return sighting;
            }
        }

        // Answering the close lets the server free the connection at once.
        await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, "", cancellationToken);
        yield return new Sighting.Disconnected($"{(int?)socket.CloseStatus} {socket.CloseStatusDescription}");
    }

    private static async Task<bool> ReceiveAsync(
        ClientWebSocket socket, ArrayBufferWriter<byte> message, CancellationToken cancellationToken)
    {
        message.ResetWrittenCount();
        while (true)
        {
            ValueWebSocketReceiveResult part;
            try
            {
                part = await socket.ReceiveAsync(message.GetMemory(16 * 1024), cancellationToken);
            }
            catch (WebSocketException e) when (cancellationToken.IsCancellationRequested)
            {
                // A cancellation between two messages aborts the socket, and the next receive names its state instead.
                throw new OperationCanceledException(e.Message, e, cancellationToken);
            }

            message.Advance(part.Count);
            if (part.MessageType == WebSocketMessageType.Close || part.EndOfMessage)
            {
                return part.MessageType != WebSocketMessageType.Close;
            }
        }
    }
}
