using System.Net;
using System.Net.Sockets;

namespace EventCluster.Orleans.Membership;

/// <summary>Opens a connection to a silo and says nothing on it.</summary>
internal sealed class TcpReach(TimeProvider time) : IReach
{
    /// <summary>Long for a network that works, short beside the probes that have failed by now.</summary>
    private static readonly TimeSpan _patience = TimeSpan.FromMilliseconds(500);

    /// <inheritdoc />
    public async Task<Reachability> TryAsync(IPEndPoint silo)
    {
        using var socket = new Socket(silo.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        using var limit = new CancellationTokenSource(_patience, time);
        try
        {
            await socket.ConnectAsync(silo, limit.Token);
            return Reachability.Answers;
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.ConnectionRefused)
        {
            return Reachability.Refuses;
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException)
        {
            return Reachability.Silent;
        }
    }
}
