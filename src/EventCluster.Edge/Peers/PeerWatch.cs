using System.Net.Sockets;
using EventCluster.Edge.Feeds;
using Microsoft.AspNetCore.Http;

namespace EventCluster.Edge.Peers;

/// <summary>
/// Watches over one response whose client never speaks: when the client is gone without a word, the connection is cut
/// two heartbeats after the last acknowledgement. A reader that is only slow owes nothing and is never cut. After
/// <see cref="Dispose"/> nothing of the connection is touched or held.
/// </summary>
internal sealed class PeerWatch : IDeadline, IDisposable
{
    /// <summary>Least time between two looks: above the grain of the deadlines, or a look would follow itself.</summary>
    public static readonly TimeSpan ShortestPause = TimeSpan.FromMilliseconds(50);

    private readonly IPeerProbe _probe;
    private readonly DeadlineQueue _deadlines;
    private readonly TimeSpan _heartbeat;
    private readonly Lock _gate = new();
    private HttpContext? _context;
    private Socket? _socket;

    /// <param name="context">The request; aborted when its client is gone.</param>
    /// <param name="socket">Its connection.</param>
    /// <param name="heartbeat">One heartbeat of the response.</param>
    /// <param name="probe">What the system knows.</param>
    /// <param name="deadlines">The timer of all connections.</param>
    public PeerWatch(
        HttpContext context, Socket socket, TimeSpan heartbeat, IPeerProbe probe, DeadlineQueue deadlines)
    {
        (_context, _socket, _heartbeat, _probe, _deadlines) = (context, socket, heartbeat, probe, deadlines);
        _deadlines.Add(this, _deadlines.In(_heartbeat));
    }

    /// <inheritdoc />
    public void OnDue(long now)
    {
        // Kestrel reuses the context for the connection's next request, which must not be cut for this one.
        lock (_gate)
        {
            if (_context is null || _probe.Look(_socket!) is not { } signs)
            {
                return;
            }

            var limit = 2 * _heartbeat;
            if (signs.IsGone(limit))
            {
                _context.Abort();
                return;
            }

            _deadlines.Add(this, _deadlines.In(signs.NextLook(_heartbeat, limit)));
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            (_context, _socket) = (null, null);
        }
    }
}
