using System.Net;
using System.Net.Sockets;
using EventCluster.Hosting.Configuration;

namespace EventCluster.Silo.Hosting;

/// <summary>Where the other nodes reach this one, and where it listens for them: at that address only.</summary>
internal static class SiloEndpoints
{
    /// <summary>How long a port that may be taken has to answer.</summary>
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(2);

    /// <summary>
    /// A line for the operator when this node cannot listen where it says that it does; null when all is well. Two silos can
    /// listen on one port without an error, and each would get some of the other's messages.
    /// </summary>
    public static async Task<string?> FindFaultAsync(ClusterNodeOptions options, IPAddress address)
    {
        const string Key = "'EventCluster:Cluster:AdvertisedAddress'";
        if (address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any) || address.IsIPv6Multicast || address.Equals(IPAddress.Broadcast))
        {
            return $"{Key} cannot be {address}: others cannot reach it; accepted: one address of this machine";
        }

        if (!IsOurs(address))
        {
            return $"{Key} is {address}, which is no address of this machine; a node listens there and nowhere else";
        }

        List<(string Key, int Port)> ports = [("SiloPort", options.Cluster.SiloPort)];
        if (options.HasGateway)
        {
            ports.Add(("GatewayPort", options.Cluster.GatewayPort));
        }

        foreach (var (key, port) in ports)
        {
            if (await AnswersAsync(address, port))
            {
                return $"port {port} of 'EventCluster:Cluster:{key}' is in use at {address}; another silo may run there";
            }
        }

        return null;
    }

    /// <summary>The advertised address; a name is looked up once, here.</summary>
    /// <exception cref="IOException">The name is not known; the message is one line for the operator.</exception>
    public static IPAddress AddressOf(ClusterNodeOptions options)
    {
        var text = options.Cluster.AdvertisedAddress;
        if (options.Cluster.Membership == MembershipKind.Localhost)
        {
            return IPAddress.Loopback;
        }

        if (IPAddress.TryParse(text, out var address))
        {
            return address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
        }

        try
        {
            var found = Dns.GetHostAddresses(text);
            return Array.Find(found, static one => one.AddressFamily == AddressFamily.InterNetwork) ?? found.FirstOrDefault()
                ?? throw new SocketException((int)SocketError.HostNotFound);
        }
        catch (SocketException e)
        {
            throw new IOException($"'EventCluster:Cluster:AdvertisedAddress' is '{text}', which names no address: {e.Message}");
        }
    }

    private static bool IsOurs(IPAddress address)
    {
        using var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.Bind(new IPEndPoint(address, 0));
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private static async Task<bool> AnswersAsync(IPAddress address, int port)
    {
        using var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        using var limit = new CancellationTokenSource(_patience, TimeProvider.System);
        try
        {
            await socket.ConnectAsync(new IPEndPoint(address, port), limit.Token);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
        catch (OperationCanceledException)
        {
            // Somebody listens and accepts nobody: a process that stands still.
            return true;
        }
    }
}
