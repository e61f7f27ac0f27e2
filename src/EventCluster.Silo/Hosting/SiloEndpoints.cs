using System.Net;
using System.Net.Sockets;
using EventCluster.Hosting.Configuration;

namespace EventCluster.Silo.Hosting;

/// <summary>Where the other nodes reach this one.</summary>
internal static class SiloEndpoints
{
    /// <summary>
    /// A line for the operator when a port of this silo answers already; null when all are free. Two silos can listen on one
    /// port without an error, and each would get some of the other's messages.
    /// </summary>
    public static string? FindTaken(ClusterNodeOptions options)
    {
        var address = AddressOf(options);
        (string Key, int Port)[] ports = [("SiloPort", options.Cluster.SiloPort), ("GatewayPort", options.Cluster.GatewayPort)];
        foreach (var (key, port) in ports)
        {
            if (Answers(address, port))
            {
                return $"port {port} of 'EventCluster:Cluster:{key}' is in use at {address}; another silo may run there";
            }
        }

        return null;
    }

    /// <summary>The advertised address; a name is looked up once, here.</summary>
    /// <exception cref="SocketException">The name is not known.</exception>
    public static IPAddress AddressOf(ClusterNodeOptions options) =>
        IPAddress.TryParse(options.Cluster.AdvertisedAddress, out var address)
            ? address
            : Dns.GetHostAddresses(options.Cluster.AdvertisedAddress, AddressFamily.InterNetwork)[0];

    private static bool Answers(IPAddress address, int port)
    {
        using var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.Connect(address, port);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
