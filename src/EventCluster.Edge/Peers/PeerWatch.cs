using System.Net.Sockets;
using EventCluster.Delivery.Timing;
using Microsoft.AspNetCore.Connections.Features;

namespace EventCluster.Edge.Peers;

/// <summary>
/// Watches over one response whose client never speaks: when the client is gone without a word, the connection is cut
/// two heartbeats after the last acknowledgement. A reader that is only slow owes nothing and is never cut. After
/// <see cref="Dispose"/> it goes on only until the end of the response has arrived.
/// </summary>
internal sealed class PeerWatch : IDeadline, IDisposable
{
    /// <summary>Least time between two looks: above the grain of the deadlines, or a look would follow itself.</summary>
    public static readonly TimeSpan ShortestPause = TimeSpan.FromMilliseconds(50);

    private readonly IPeerProbe _probe;
    private readonly DeadlineQueue _deadlines;
    private readonly TimeSpan _heartbeat;
    private readonly Lock _gate = new();
    private IConnectionLifetimeFeature? _connection;
    private Socket? _socket;
    private bool _isOver;

    /// <param name="connection">Aborted when the client is gone: nothing that follows on it would arrive either.</param>
    /// <param name="socket">Its socket.</param>
    /// <param name="heartbeat">One heartbeat of the response.</param>
    /// <param name="probe">What the system knows.</param>
    /// <param name="deadlines">The timer of all connections.</param>
    public PeerWatch(
        IConnectionLifetimeFeature connection, Socket socket, TimeSpan heartbeat, IPeerProbe probe, DeadlineQueue deadlines)
    {
        (_connection, _socket, _heartbeat, _probe, _deadlines) = (connection, socket, heartbeat, probe, deadlines);
        _deadlines.Add(this, _deadlines.In(_heartbeat));
    }

    /// <inheritdoc />
    public void OnDue(long now)
    {
        lock (_gate)
        {
            if (_socket is null)
            {
                return;
            }

            var limit = 2 * _heartbeat;
            if (_probe.Look(_socket) is not { } signs || (_isOver && signs.InFlight == 0))
            {
                Release();
            }
            else if (signs.IsGone(limit))
            {
                _connection!.Abort();
                Release();
            }
            else
            {
                _deadlines.Add(this, _deadlines.In(signs.NextLook(_heartbeat, limit)));
            }
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _isOver = true;
            if (_connection is null || _connection.ConnectionClosed.IsCancellationRequested)
            {
                Release();
            }

            // Otherwise the last words are not sent before this returns; the next look finds out what became of them.
        }
    }

    private void Release() => (_connection, _socket) = (null, null);
}
