using System.Collections.Concurrent;
using EventCluster.Delivery.Feeds;
using EventCluster.Edge.Sessions;
using Microsoft.AspNetCore.SignalR;

namespace EventCluster.Edge.SignalR;

/// <summary>The SignalR connections of this edge.</summary>
internal sealed class HubConnections(SessionServices services)
{
    private readonly ConcurrentDictionary<string, HubPeer> _peers = new(StringComparer.Ordinal);

    /// <summary>Connections open now.</summary>
    public OpenCount Open { get; } = new();

    /// <summary>Calls that deliver now.</summary>
    public OpenCount Calls { get; } = new();

    /// <summary>Whether there are as many connections as may be.</summary>
    public bool IsFull => Open.Value >= services.Options.MaxHubConnections;

    /// <summary>A connection begins; one above the limit is closed at once.</summary>
    public void Add(HubCallerContext context)
    {
        var peer = new HubPeer(
            Calls, context, services.NextRetryMilliseconds(),
            new WaitingClient(WaitingClient.AddressOf(context.GetHttpContext()?.Connection.RemoteIpAddress), context.ConnectionId));
        _peers[context.ConnectionId] = peer;
        if (Open.Enter() > services.Options.MaxHubConnections)
        {
            peer.RequestClose();
        }
    }

    /// <summary>The connection of a call.</summary>
    public HubPeer Of(HubCallerContext context) => _peers[context.ConnectionId];

    /// <summary>A connection ended.</summary>
    public void Remove(HubCallerContext context)
    {
        if (_peers.TryRemove(context.ConnectionId, out _))
        {
            Open.Exit();
        }
    }

    /// <summary>Says good-bye to all of them; they may reconnect.</summary>
    public void RequestCloseAll()
    {
        foreach (var peer in _peers.Values)
        {
            peer.RequestClose();
        }
    }
}
