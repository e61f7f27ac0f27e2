using System.Net;
using Microsoft.AspNetCore.Connections;

namespace EventCluster.Orleans.Connections;

/// <summary>One handshake under way, from the first byte of TLS to the last one of the steps.</summary>
internal sealed class HandshakeTurn : IDisposable
{
    private readonly HandshakeGate _gate;
    private readonly ConnectionContext _connection;
    private readonly CancellationTokenSource _limit;
    private readonly CancellationTokenRegistration _abort;
    private volatile string? _endedBy;

    public HandshakeTurn(HandshakeGate gate, ConnectionContext connection, TimeSpan timeout, TimeProvider time)
    {
        (_gate, _connection) = (gate, connection);
        _limit = new CancellationTokenSource(timeout, time);
        Limit = _limit.Token;
        _abort = Limit.UnsafeRegister(static turn => ((HandshakeTurn)turn!).OnLimit(), this);
    }

    /// <summary>Fires when the handshake took too long or was ended to make room.</summary>
    public CancellationToken Limit { get; }

    /// <summary>Why it did not come to an end of its own; null while nothing stopped it.</summary>
    public string? EndedBy => _endedBy;

    /// <summary>True when both ends are content, or when one has said why not.</summary>
    public bool IsDecided { get; private set; }

    /// <summary>Who is at the other end.</summary>
    public EndPoint? RemoteEndPoint => _connection.RemoteEndPoint;

    /// <summary>The turn of a connection.</summary>
    public static HandshakeTurn Of(ConnectionContext connection) => (HandshakeTurn)connection.Items[typeof(HandshakeTurn)]!;

    /// <summary>Keeps it where <see cref="Of"/> finds it.</summary>
    public void Remember() => _connection.Items[typeof(HandshakeTurn)] = this;

    /// <summary>The handshake is over; the connection may live on for as long as it wants.</summary>
    public void Decide()
    {
        IsDecided = true;
        Dispose();
    }

    /// <summary>Makes room for another one.</summary>
    public void Displace()
    {
        _endedBy = "too many handshakes are under way, and this one was the oldest";
        _connection.Abort(new ConnectionAbortedException("The handshake was ended to make room."));
    }

    /// <inheritdoc />
    public void Dispose()
    {
        _gate.Leave(this);
        _abort.Dispose();
        _limit.Dispose();
    }

    private void OnLimit()
    {
        _endedBy ??= "the handshake did not come to an end in time";
        _connection.Abort(new ConnectionAbortedException("The handshake took too long."));
    }
}
