using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;

namespace EventCluster.Silo.Tests.Access;

/// <summary>What <c>ss -ltn</c> says, and this machine's own address.</summary>
internal static class Listening
{
    /// <summary>An address of this machine that others can reach; null when it has none.</summary>
    public static IPAddress? OwnAddress { get; } = NetworkInterface.GetAllNetworkInterfaces()
        .Where(static card => card.OperationalStatus == OperationalStatus.Up)
        .SelectMany(static card => card.GetIPProperties().UnicastAddresses)
        .Select(static address => address.Address)
        .FirstOrDefault(static address => address.AddressFamily == AddressFamily.InterNetwork && !IPAddress.IsLoopback(address));

    /// <summary>The addresses at which somebody listens on a port.</summary>
    public static IReadOnlyList<IPAddress> At(int port) =>
        [.. IPGlobalProperties.GetIPGlobalProperties().GetActiveTcpListeners().Where(end => end.Port == port).Select(static end => end.Address).Distinct()];
}
