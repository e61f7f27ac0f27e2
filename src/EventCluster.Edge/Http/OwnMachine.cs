using System.Net;
using Microsoft.AspNetCore.Http;

namespace EventCluster.Edge.Http;

/// <summary>Tells clients of this machine from others.</summary>
public static class OwnMachine
{
    /// <summary>
    /// True for a client on loopback, or one that connects from the very address that it connects to: only this machine has
    /// it. A proxy on this machine makes all of its clients look so; it must keep admin paths to itself.
    /// </summary>
    public static bool Is(ConnectionInfo connection)
    {
        ArgumentNullException.ThrowIfNull(connection);
        return connection.RemoteIpAddress is { } remote
            && (IPAddress.IsLoopback(remote) || (connection.LocalIpAddress is { } local && Plain(remote).Equals(Plain(local))));
    }

    private static IPAddress Plain(IPAddress address) => address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
}
