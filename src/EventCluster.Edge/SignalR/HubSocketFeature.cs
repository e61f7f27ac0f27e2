using System.Net.WebSockets;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace EventCluster.Edge.SignalR;

/// <summary>Accepts WebSockets as <see cref="HubSocket"/>.</summary>
internal sealed class HubSocketFeature(IHttpWebSocketFeature inner) : IHttpWebSocketFeature
{
    /// <inheritdoc />
    public bool IsWebSocketRequest => inner.IsWebSocketRequest;

    /// <inheritdoc />
    public async Task<WebSocket> AcceptAsync(WebSocketAcceptContext context) => new HubSocket(await inner.AcceptAsync(context));
}
