using EventCluster.Delivery.Feeds;
using EventCluster.Edge.Sessions;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.SignalR;

namespace EventCluster.Edge.SignalR;

/// <summary>One SignalR connection: what its calls share.</summary>
/// <param name="calls">Calls of all connections that deliver.</param>
/// <param name="connection">The connection.</param>
/// <param name="moveDelayMilliseconds">When its client comes back after a stop.</param>
/// <param name="client">Whose connection it is.</param>
internal sealed class HubPeer(OpenCount calls, HubCallerContext connection, int moveDelayMilliseconds, WaitingClient client)
{
    private readonly IConnectionLifetimeNotificationFeature? _closing = connection.Features.Get<IConnectionLifetimeNotificationFeature>();
    private int _streams;
    private int _calls;

    /// <summary>Whose connection it is.</summary>
    public WaitingClient Client => client;

    /// <summary>The answers to calls that name one stream, in the order of the calls.</summary>
    public AnswerOrder Answers { get; } = new();

    /// <summary>Calls of this connection that deliver.</summary>
    public int Calls => Volatile.Read(ref _calls);

    /// <summary>When its client comes back after a stop: one delay for all calls of a connection.</summary>
    public int MoveDelayMilliseconds => moveDelayMilliseconds;

    /// <summary>Cancelled when the connection is gone.</summary>
    public CancellationToken Aborted { get; } = connection.ConnectionAborted;

    /// <summary>Begins a call, unless the connection would have too many streams.</summary>
    public bool TryEnter(int streams)
    {
        if (Interlocked.Add(ref _streams, streams) > EdgeLimits.MaxStreamsPerSession)
        {
            Interlocked.Add(ref _streams, -streams);
            return false;
        }

        Interlocked.Increment(ref _calls);
        calls.Enter();
        return true;
    }

    /// <summary>Ends a call.</summary>
    public void Exit(int streams)
    {
        Interlocked.Add(ref _streams, -streams);
        Interlocked.Decrement(ref _calls);
        calls.Exit();
    }

    /// <summary>Says good-bye; the client may reconnect.</summary>
    public void RequestClose() => _closing?.RequestClose();

    /// <summary>Ends the connection at once.</summary>
    public void Abort() => connection.Abort();
}
