using EventCluster.Delivery.Timing;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http;

namespace EventCluster.Edge.Peers;

/// <summary>Begins to watch over the clients of live responses.</summary>
internal sealed class PeerWatcher(IPeerProbe probe, DeadlineQueue deadlines)
{
    /// <summary>
    /// Watches over a response until the result is disposed; null where it is not needed (HTTP/2 has pings) or not
    /// possible.
    /// </summary>
    public PeerWatch? Watch(HttpContext context, TimeSpan heartbeat) =>
        HttpProtocol.IsHttp2(context.Request.Protocol)
        || context.Features.Get<IConnectionSocketFeature>() is not { Socket: { } socket }
        || context.Features.Get<IConnectionLifetimeFeature>() is not { } connection
            ? null
            : new PeerWatch(connection, socket, heartbeat, probe, deadlines);
}
