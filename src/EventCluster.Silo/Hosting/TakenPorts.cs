using System.Net;
using System.Net.Sockets;
using EventCluster.Hosting.Configuration;

namespace EventCluster.Silo.Hosting;

/// <summary>Two silos can listen on one port without an error, and each would get some of the other's messages.</summary>
internal static class TakenPorts
{
    /// <summary>A line for the operator when a port of this silo answers already; null when all are free.</summary>
    public static string? Of(ClusterNodeOptions options)
    {
        var address = IPAddress.Parse(options.Cluster.AdvertisedAddress);
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
