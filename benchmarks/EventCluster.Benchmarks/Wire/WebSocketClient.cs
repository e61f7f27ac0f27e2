using System.Net;
using EventCluster.Benchmarks.Clients;

namespace EventCluster.Benchmarks.Wire;

/// <summary>A WebSocket on the stream's URL.</summary>
public sealed class WebSocketClient(IPEndPoint host, string stream, EventScan scan) : SocketClient(host, stream, scan)
{
    /// <inheritdoc />
    public override async Task OpenAsync(IPEndPoint server, CancellationToken cancellationToken)
    {
        await Socket.ConnectAsync(server);
        await UpgradeAsync($"{Path}?offset=now", "eventcluster.v1", cancellationToken);
        await AwaitAsync("\"contentType\"", cancellationToken);
    }

    /// <inheritdoc />
    protected override ValueTask AnswerAsync(ReadOnlyMemory<byte> received, CancellationToken cancellationToken) =>
        received.Span.IndexOf("\"type\":\"ping\""u8) >= 0 ? SendTextAsync("""{"type":"pong"}""", cancellationToken) : default;
}
