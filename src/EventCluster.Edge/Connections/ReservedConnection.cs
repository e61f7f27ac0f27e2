using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http;

namespace EventCluster.Edge.Connections;

/// <summary>
/// A connection beyond the limit: it serves one question of administration or a probe of this machine, and nothing else. While it has
/// not asked, it may be closed for another one that comes.
/// </summary>
public sealed class ReservedConnection
{
    private readonly ConnectionGate _gate;
    private volatile Action? _abort;
    private volatile bool _isGivenUp;

    internal ReservedConnection(ConnectionGate gate)
    {
        _gate = gate;
        Place = new LinkedListNode<ReservedConnection>(this);
    }

    /// <summary>Its place among those that have not asked; guarded by the lock of the gate.</summary>
    internal LinkedListNode<ReservedConnection> Place { get; }

    /// <summary>Whether its place went to another one.</summary>
    internal bool IsGivenUp => _isGivenUp;

    /// <summary>
    /// Notes that a request came, which ends its connection with its answer. False when the connection is none of the reserve.
    /// </summary>
    public static bool Serve(HttpContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        if (context.Features.Get<ReservedConnection>() is not { } connection)
        {
            return false;
        }

        connection._gate.NoteQuestion(connection);
        if (HttpProtocol.IsHttp2(context.Request.Protocol))
        {
            // There is no such header; the client is told that no more requests are taken.
            context.Features.Get<IConnectionLifetimeNotificationFeature>()?.RequestClose();
        }
        else
        {
            context.Response.Headers.Connection = "close";
        }

        return true;
    }

    /// <summary>How it is closed.</summary>
    internal void Attach(Action abort)
    {
        _abort = abort;
        if (_isGivenUp)
        {
            abort();
        }
    }

    /// <summary>Another one has its place; called under the lock of the gate.</summary>
    internal void GiveUp() => _isGivenUp = true;

    /// <summary>Closes it.</summary>
    internal void Abort() => _abort?.Invoke();
}
