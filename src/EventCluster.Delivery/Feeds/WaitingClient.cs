using System.Net;
using System.Net.Sockets;

namespace EventCluster.Delivery.Feeds;

/// <summary>Who waits for a stream that does not exist: what is short is shared between addresses, then between their connections.</summary>
/// <param name="Address">Where the client comes from; of IPv6 the network, since one client has all of its addresses.</param>
/// <param name="Connection">The connection.</param>
internal readonly record struct WaitingClient(string Address, string Connection)
{
    /// <summary>Bytes of an IPv6 address that name the network of one client (RFC 6177).</summary>
    private const int NetworkBytes = 8;

    /// <summary>The client of a connection.</summary>
    public static WaitingClient Of(IPAddress? address, string connection) => new(AddressOf(address), connection);

    /// <summary>What an address counts as.</summary>
    public static string AddressOf(IPAddress? address)
    {
        if (address is null)
        {
            return "";
        }

        var plain = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
        return plain.AddressFamily == AddressFamily.InterNetworkV6 && !IPAddress.IsLoopback(plain)
            ? Convert.ToHexString(plain.GetAddressBytes().AsSpan(0, NetworkBytes))
            : plain.ToString();
    }
}
