using System.Net.WebSockets;
using System.Text;
using System.Text.Json;
using EventCluster.Protocol;

namespace EventCluster.TestKit.Claims;

/// <summary>The tail that <c>subscribed</c> names, on a new connection each time.</summary>
internal sealed class WebSocketTailWay(string node, Uri server) : TailWay(node, "WebSocket subscribe")
{
    private readonly HttpMessageInvoker _invoker = new(new SocketsHttpHandler { UseProxy = false });

    /// <inheritdoc />
    public override async Task<TailAnswer> AskAsync(string stream, StreamOffset known, CancellationToken cancellationToken)
    {
        using var socket = new ClientWebSocket();
        socket.Options.AddSubProtocol("eventcluster.v1");
        await socket.ConnectAsync(
            new UriBuilder(new Uri(server, "/v1/streams")) { Scheme = "ws" }.Uri, _invoker, cancellationToken);
        var subscribe = JsonSerializer.SerializeToUtf8Bytes(new { type = "subscribe", id = 1, stream, offset = $"{known}" });
        await socket.SendAsync(subscribe, WebSocketMessageType.Text, endOfMessage: true, cancellationToken);
        while (await ReceiveAsync(socket, cancellationToken) is { } text)
        {
            using var message = JsonDocument.Parse(text);
            if (message.RootElement.GetProperty("type").GetString() is "subscribed" or "error")
            {
                var claim = MessageClaims.Of(message.RootElement);
                await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, "", cancellationToken);
                return new TailAnswer(claim);
            }
        }

        return TailAnswer.None;
    }

    /// <inheritdoc />
    public override bool IsNoAnswer(Exception exception) => exception is WebSocketException || base.IsNoAnswer(exception);

    /// <inheritdoc />
    public override ValueTask DisposeAsync()
    {
        _invoker.Dispose();
        return base.DisposeAsync();
    }

    private static async Task<string?> ReceiveAsync(ClientWebSocket socket, CancellationToken cancellationToken)
    {
        var (buffer, length) = (new byte[64 * 1024], 0);
        while (true)
        {
            var part = await socket.ReceiveAsync(buffer.AsMemory(length), cancellationToken);
            length += part.Count;
            if (part.MessageType == WebSocketMessageType.Close)
            {
                return null;
            }

            if (part.EndOfMessage)
            {
                return Encoding.UTF8.GetString(buffer, 0, length);
            }
        }
    }
}
