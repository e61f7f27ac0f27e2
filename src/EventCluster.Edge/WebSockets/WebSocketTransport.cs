using EventCluster.Delivery.Reading;
using EventCluster.Edge.Http;
using EventCluster.Edge.Live;
using EventCluster.Edge.Messages;
using EventCluster.Edge.Sessions;
using EventCluster.Protocol;
using Microsoft.AspNetCore.Http;

namespace EventCluster.Edge.WebSockets;

/// <summary>
/// A WebSocket on a stream's URL, which subscribes to it at once, or on <c>/v1/streams</c>, which subscribes to what the
/// query names. Subprotocol <c>eventcluster.v1</c>, HTTP/1.1 and HTTP/2. No permessage-deflate: a window per connection
/// would break the bound on memory and the sharing of frames.
/// </summary>
internal sealed class WebSocketTransport(SessionServices services)
{
    private int _sessions;

    /// <summary>WebSockets open now.</summary>
    public int Count => Volatile.Read(ref _sessions);

    /// <summary>Serves a request for which <see cref="WebSocketHandshake.IsRequested"/> is true.</summary>
    /// <param name="context">The request.</param>
    /// <param name="stream">The stream of the URL; null on <c>/v1/streams</c>.</param>
    public async Task InvokeAsync(HttpContext context, StreamName? stream)
    {
        IReadOnlyList<ReadStart>? starts = null;
        if (!SessionQuery.TryParse(RequestTarget.Of(context).Query, stream, out var query, out var fault)
            || !query.TryStarts(lastEventId: "", out starts, out fault)
            || (fault = WebSocketHandshake.Check(context)) is not null)
        {
            await ProblemResponse.WriteAsync(context, fault);
            return;
        }

        ConnectionBounds.LiftForRequest(context);
        await using var frames = await WebSocketHandshake.AcceptAsync(context);
        var count = Interlocked.Increment(ref _sessions);
        try
        {
            using var session = new WebSocketSession(
                context, frames, services, query.Delivery.HeartbeatOr(services.Options.SseHeartbeat), query.Delivery.Window);
            await session.RunAsync(query.Subscriptions(starts), RefusalOf(context, count));
        }
        finally
        {
            Interlocked.Decrement(ref _sessions);
        }
    }

    private (CloseCode Code, string Reason)? RefusalOf(HttpContext context, int count)
    {
        if (!WebSocketHandshake.OffersSubprotocol(context))
        {
            return (CloseCode.Protocol, $"Ask for the subprotocol {ServerMessages.Subprotocol}.");
        }

        return count > services.Options.MaxWebSockets
            ? (CloseCode.TryLater, $"Too many connections; retry in {services.NextRetryMilliseconds()} ms.")
            : null;
    }
}
