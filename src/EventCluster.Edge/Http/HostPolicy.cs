namespace EventCluster.Edge.Http;

/// <summary>Which <c>Host</c> names are this server's: keeps DNS rebinding out.</summary>
internal sealed class HostPolicy
{
    private readonly bool _any;
    private readonly string[] _names;
    private readonly string[] _suffixes;

    /// <summary>The last name that was allowed; almost every request repeats it.</summary>
    private volatile string _recent = "";

    public HostPolicy(IReadOnlyList<string> allowed)
    {
        _any = allowed.Contains("*");
        _names = [.. allowed.Where(name => !name.StartsWith("*.", StringComparison.Ordinal))];
        _suffixes = [.. allowed.Where(name => name.StartsWith("*.", StringComparison.Ordinal)).Select(name => name[1..])];
    }

    /// <summary>Why a <c>Host</c> header names no address, allowed or not; null when it can be one (RFC 9112 3.2, RFC 3986 3.2.3).</summary>
    public static RequestFault? Fault(string host)
    {
        var port = host.AsSpan(WithoutPort(host).Length);
        return port.Length <= 1 || QueryValue.TryNumber(port[1..], 1, ushort.MaxValue, out _)
            ? null
            : RequestFault.BadRequest($"The Host header has the port '{Shown(port[1..])}'; ports are 1 to {ushort.MaxValue}.");
    }

    /// <summary>Whether a <c>Host</c> header, with or without port, is allowed.</summary>
    public bool Allows(string? host)
    {
        if (_any)
        {
            return true;
        }

        if (string.IsNullOrEmpty(host))
        {
            return false;
        }

        if (string.Equals(host, _recent, StringComparison.Ordinal))
        {
            return true;
        }

        var allowed = Matches(WithoutPort(host));
        if (allowed)
        {
            _recent = host;
        }

        return allowed;
    }

    private bool Matches(ReadOnlySpan<char> name)
    {
        foreach (var allowed in _names)
        {
            if (name.Equals(allowed, StringComparison.OrdinalIgnoreCase))
            {
                return true;
            }
        }

        foreach (var suffix in _suffixes)
        {
            if (name.Length > suffix.Length && name.EndsWith(suffix, StringComparison.OrdinalIgnoreCase))
            {
                return true;
            }
        }

        return false;
    }

    private static string Shown(ReadOnlySpan<char> port) => port.Length <= 16 ? port.ToString() : string.Concat(port[..16], "...");

    private static ReadOnlySpan<char> WithoutPort(string host)
    {
        var colon = host.LastIndexOf(':');
        return colon > host.LastIndexOf(']') ? host.AsSpan(0, colon) : host;
    }
}
