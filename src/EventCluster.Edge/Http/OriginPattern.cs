using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace EventCluster.Edge.Http;

/// <summary>
/// One entry of <c>EventCluster:Cors:AllowedOrigins</c>: an origin as browsers serialize it (RFC 6454 6.2), with any scheme
/// (<c>https</c>, <c>capacitor</c>, <c>chrome-extension</c> ...), <c>*.</c> before the host for all of its subdomains, and
/// <c>:*</c> for any port.
/// </summary>
public sealed class OriginPattern
{
    /// <summary>What an entry may be, in words.</summary>
    public const string Accepted =
        "SCHEME://HOST[:PORT] without a path, SCHEME://*.HOST for subdomains, :* for any port, null for pages without an origin, or *";

    private const string SchemeEnd = "://";
    private const string Wildcard = "*.";
    private const string AnyPort = "*";

    private readonly string _scheme;
    private readonly string _host;
    private readonly string _port;
    private readonly bool _isSuffix;

    private OriginPattern(string scheme, string host, string port, bool isSuffix) =>
        (_scheme, _host, _port, _isSuffix) = (scheme, host, port, isSuffix);

    /// <summary>Parses an entry that is neither <c>*</c> nor <c>null</c>.</summary>
    public static bool TryParse(string text, [NotNullWhen(true)] out OriginPattern? pattern)
    {
        pattern = null;
        ArgumentNullException.ThrowIfNull(text);
        if (!TrySplit(text, out var scheme, out var host, out var port)
            || !(port is AnyPort || IsPort(port))
            || !IsScheme(scheme))
        {
            return false;
        }

        var isSuffix = host.StartsWith(Wildcard, StringComparison.Ordinal);
        if (!TryHost(isSuffix ? host[Wildcard.Length..] : host, IsWeb(scheme) || isSuffix, out var plain))
        {
            return false;
        }

        pattern = new OriginPattern(
            scheme.ToString(), isSuffix ? "." + plain : plain, WithoutDefault(scheme, port).ToString(), isSuffix);
        return true;
    }

    /// <summary>Whether an <c>Origin</c> header names an origin of this entry.</summary>
    public bool Matches(ReadOnlySpan<char> origin)
    {
        if (!TrySplit(origin, out var scheme, out var host, out var port)
            || !scheme.Equals(_scheme, StringComparison.OrdinalIgnoreCase)
            || !IsPort(port)
            || !(_port is AnyPort || WithoutDefault(scheme, port).SequenceEqual(_port)))
        {
            return false;
        }

        return _isSuffix
            ? host.Length > _host.Length && host.EndsWith(_host, StringComparison.OrdinalIgnoreCase)
                && host[0] != '.' && IsHostText(host[..^_host.Length])
            : host.Equals(_host, StringComparison.OrdinalIgnoreCase);
    }

    private static bool TrySplit(
        ReadOnlySpan<char> text, out ReadOnlySpan<char> scheme, out ReadOnlySpan<char> host, out ReadOnlySpan<char> port)
    {
        scheme = host = port = default;
        var end = text.IndexOf(SchemeEnd, StringComparison.Ordinal);
        if (end <= 0)
        {
            return false;
        }

        scheme = text[..end];
        host = text[(end + SchemeEnd.Length)..];
        var colon = host.LastIndexOf(':');
        if (colon > host.LastIndexOf(']'))
        {
            port = host[(colon + 1)..];
            host = host[..colon];
            return !port.IsEmpty;
        }

        return true;
    }

    /// <summary>Empty for the scheme's own port, which browsers leave out.</summary>
    private static ReadOnlySpan<char> WithoutDefault(ReadOnlySpan<char> scheme, ReadOnlySpan<char> port) =>
        (port is "443" && scheme.Equals("https", StringComparison.OrdinalIgnoreCase))
        || (port is "80" && scheme.Equals("http", StringComparison.OrdinalIgnoreCase)) ? default : port;

    private static bool IsPort(ReadOnlySpan<char> port) => port.Length <= 5 && !port.ContainsAnyExceptInRange('0', '9');

    private static bool IsWeb(ReadOnlySpan<char> scheme) =>
        scheme.Equals("https", StringComparison.OrdinalIgnoreCase) || scheme.Equals("http", StringComparison.OrdinalIgnoreCase);

    private static bool IsScheme(ReadOnlySpan<char> scheme)
    {
        foreach (var c in scheme)
        {
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('+' or '-' or '.'))
            {
                return false;
            }
        }

        return char.IsAsciiLetter(scheme[0]);
    }

    /// <summary>A host as browsers send it: names of other scripts as their ASCII form.</summary>
    private static bool TryHost(ReadOnlySpan<char> text, bool isNeeded, out string host)
    {
        host = text.ToString();
        if (text.IsEmpty)
        {
            // Some shells name their pages by the scheme alone: file://.
            return !isNeeded;
        }

        if (!System.Text.Ascii.IsValid(text))
        {
            try
            {
                host = new IdnMapping().GetAscii(host);
            }
            catch (ArgumentException)
            {
                return false;
            }
        }

        return IsHostText(host) && host[0] != '.';
    }

    private static bool IsHostText(ReadOnlySpan<char> host)
    {
        foreach (var c in host)
        {
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('-' or '.' or '_' or '[' or ']' or ':'))
            {
                return false;
            }
        }

        return true;
    }
}
