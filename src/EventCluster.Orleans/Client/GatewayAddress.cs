using System.Globalization;
using System.Net;

namespace EventCluster.Orleans.Client;

/// <summary>Where a publisher finds gateways: an address, or a DNS name that stands for one or several.</summary>
/// <param name="Host">IP address or DNS name.</param>
/// <param name="Port">The silos' <c>Cluster:GatewayPort</c>.</param>
internal sealed record GatewayAddress(string Host, int Port)
{
    /// <summary>The port of a gateway that names none.</summary>
    public const int DefaultPort = 30_000;

    private const string Accepted = "accepted: HOST or HOST:PORT, where HOST is an IP address or a DNS name, an IPv6 address in brackets";

    /// <summary>Reads <c>HOST</c> or <c>HOST:PORT</c>.</summary>
    /// <exception cref="FormatException">It is neither.</exception>
    public static GatewayAddress Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        text = text.Trim();

        // The runtime takes "[address]:port" for an address, too, and drops the port.
        if (!text.StartsWith('[') && IPAddress.TryParse(text, out _))
        {
            return new GatewayAddress(text, DefaultPort);
        }

        var colon = text.LastIndexOf(':');
        var hasPort = colon > text.LastIndexOf(']');
        var host = (hasPort ? text[..colon] : text).Trim('[', ']');
        var port = DefaultPort;
        return (hasPort && (!int.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out port)
                || port is < 1 or > IPEndPoint.MaxPort))
            || Uri.CheckHostName(host) == UriHostNameType.Unknown
            ? throw new FormatException($"A gateway cannot be '{text}'; {Accepted}")
            : new GatewayAddress(host, port);
    }
}
