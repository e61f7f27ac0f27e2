using System.Globalization;
using System.Net;

namespace EventCluster.Hosting.Configuration;

/// <summary>One address to listen on.</summary>
/// <param name="Host">IP address, <c>localhost</c>, or <c>*</c> for all.</param>
/// <param name="Port">0 for a free one.</param>
/// <param name="IsTls">The address begins with <c>https</c>.</param>
public sealed record ListenAddress(string Host, int Port, bool IsTls = false)
{
    private const string Scheme = "http://";
    private const string TlsScheme = "https://";

    /// <summary>Only this machine can reach it.</summary>
    public bool IsLoopback =>
        Host.Equals("localhost", StringComparison.OrdinalIgnoreCase)
        || (IPAddress.TryParse(Host, out var address) && IPAddress.IsLoopback(address));

    /// <summary>It stands for every address of the machine.</summary>
    public bool IsWildcard =>
        Host is "*" || (IPAddress.TryParse(Host, out var address) && (address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any)));

    /// <summary>The host as a <c>Host</c> header names it.</summary>
    public string HostName => Host.Contains(':', StringComparison.Ordinal) ? $"[{Host}]" : Host;

    /// <summary>The addresses of an option, untouched.</summary>
    public static IEnumerable<string> Split(string urls) =>
        urls.Split([';', ','], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    /// <summary>The addresses of an option that was validated.</summary>
    public static IEnumerable<ListenAddress> All(string urls) =>
        Split(urls).Select(url => TryParse(url, out var address) ? address : throw new FormatException(url));

    /// <summary>Reads <c>http://HOST:PORT</c> or <c>https://HOST:PORT</c>.</summary>
    public static bool TryParse(string url, out ListenAddress address)
    {
        address = new ListenAddress("", 0);
        var isTls = url.StartsWith(TlsScheme, StringComparison.OrdinalIgnoreCase);
        if (!isTls && !url.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase))
        {
            return false;
        }

        var authority = url[(isTls ? TlsScheme : Scheme).Length..].TrimEnd('/');
        var colon = authority.LastIndexOf(':');
        var hasPort = colon > authority.LastIndexOf(']');
        var host = (hasPort ? authority[..colon] : authority).Trim('[', ']');
        var port = isTls ? 443 : 80;
        if (hasPort && !int.TryParse(authority.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out port))
        {
            return false;
        }

        address = new ListenAddress(host is "+" ? "*" : host, port, isTls);
        return port <= IPEndPoint.MaxPort && IsHost(address.Host);
    }

    /// <summary>The form that the server understands.</summary>
    public override string ToString() => $"{(IsTls ? TlsScheme : Scheme)}{HostName}:{Port}";

    private static bool IsHost(string host) =>
        host is "*" || host.Equals("localhost", StringComparison.OrdinalIgnoreCase) || IPAddress.TryParse(host, out _);
}
