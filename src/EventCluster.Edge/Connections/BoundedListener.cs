using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;

namespace EventCluster.Edge.Connections;

/// <summary>Accepts the connections of one address.</summary>
internal sealed class BoundedListener(
    Socket socket, SocketConnectionContextFactory connections, bool noDelay, ConnectionGate gate, TimeProvider time)
    : IConnectionListener
{
    /// <summary>Between two tries while the system is short of something: often enough to be there when it is over.</summary>
    public static readonly TimeSpan ShortagePause = TimeSpan.FromMilliseconds(50);

    /// <summary>Refusals in a row before others get the thread.</summary>
    private const int RefusalsPerTurn = 64;

    private int _refusals;

    /// <inheritdoc />
    public EndPoint EndPoint { get; } = socket.LocalEndPoint!;

    /// <inheritdoc />
    public async ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default)
    {
        while (true)
        {
            Socket? accepted = null;
            try
            {
                accepted = await socket.AcceptAsync(cancellationToken);
                if (Enter(accepted) is { } connection)
                {
                    return connection;
                }
            }
            catch (ObjectDisposedException)
            {
                return null;
            }
            catch (SocketException e) when (e.SocketErrorCode == SocketError.OperationAborted)
            {
                return null;
            }
            catch (SocketException e) when (e.SocketErrorCode is SocketError.ConnectionReset or SocketError.ConnectionAborted)
            {
                // Who came left before it was its turn.
            }
            catch (Exception e) when (e is SocketException or OutOfMemoryException)
            {
                // EMFILE, ENFILE, ENOMEM: they pass. Trying again at once would take a processor for nothing.
                accepted?.Dispose();
                gate.NoteShortage(e);
                await Task.Delay(ShortagePause, time, cancellationToken);
            }

            if (++_refusals % RefusalsPerTurn == 0)
            {
                await Task.Yield();
            }
        }
    }

    /// <inheritdoc />
    public ValueTask UnbindAsync(CancellationToken cancellationToken = default) => DisposeAsync();

    /// <inheritdoc />
    public ValueTask DisposeAsync()
    {
        socket.Dispose();
        return ValueTask.CompletedTask;
    }

    private CountedConnection? Enter(Socket accepted)
    {
        ReservedConnection? reserved = null;
        if (!gate.TryEnter(accepted.Handle))
        {
            reserved = accepted.RemoteEndPoint is IPEndPoint { Address: var from } && IPAddress.IsLoopback(from) ? gate.TryEnterReserve() : null;
            if (reserved is null)
            {
                accepted.Dispose();
                return null;
            }
        }

        try
        {
            if (accepted.LocalEndPoint is IPEndPoint)
            {
                accepted.NoDelay = noDelay;
            }

            return new CountedConnection(connections.Create(accepted), gate, reserved);
        }
        catch (Exception)
        {
            gate.Leave(reserved);
            throw;
        }
    }
}
