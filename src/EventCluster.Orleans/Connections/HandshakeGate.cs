using Microsoft.AspNetCore.Connections;

namespace EventCluster.Orleans.Connections;

/// <summary>
/// The handshakes under way on one port: bounded in time and in number. When there are too many the oldest goes, so that
/// whoever opens connections and says nothing cannot keep out those who know what to say.
/// </summary>
internal sealed class HandshakeGate(ClusterConnectionOptions options, TimeProvider time)
{
    private readonly Lock _gate = new();
    private readonly LinkedList<HandshakeTurn> _turns = [];

    /// <summary>Handshakes under way.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _turns.Count;
            }
        }
    }

    /// <summary>Begins a handshake.</summary>
    public HandshakeTurn Enter(ConnectionContext connection)
    {
        var turn = new HandshakeTurn(this, connection, options.HandshakeTimeout, time);
        HandshakeTurn? oldest = null;
        lock (_gate)
        {
            _turns.AddLast(turn);
            if (_turns.Count > options.MaxHandshakes)
            {
                oldest = _turns.First!.Value;
                _turns.RemoveFirst();
            }
        }

        oldest?.Displace();
        turn.Remember();
        return turn;
    }

    /// <summary>A handshake is over, however it ended; a second call changes nothing.</summary>
    public void Leave(HandshakeTurn turn)
    {
        lock (_gate)
        {
            _turns.Remove(turn);
        }
    }
}
