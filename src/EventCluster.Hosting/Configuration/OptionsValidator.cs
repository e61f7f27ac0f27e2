namespace EventCluster.Hosting.Configuration;

/// <summary>Checks what one option alone cannot tell: addresses, origins, and relations between options.</summary>
public static class OptionsValidator
{
    /// <summary>All faults, one line each; empty when the options can be used.</summary>
    public static IReadOnlyList<string> Validate(EventClusterOptions options) =>
        [.. Urls(options), .. Origins(options), .. Hosts(options), .. Relations(options)];

    private static IEnumerable<string> Urls(EventClusterOptions options)
    {
        var urls = ListenAddress.Split(options.Urls).ToList();
        if (urls.Count == 0)
        {
            yield return "'EventCluster:Urls' names no address; example: http://127.0.0.1:4437";
        }

        foreach (var url in urls)
        {
            if (!ListenAddress.TryParse(url, out var address))
            {
                yield return $"'EventCluster:Urls' cannot be '{url}'; accepted: http://HOST:PORT, where HOST is an IP address, "
                    + "localhost or * for all (TLS is the business of a proxy in front)";
            }
            else if (!address.IsLoopback && !options.AllowUnauthenticated)
            {
                yield return $"'EventCluster:Urls' names '{url}', which others can reach, and nobody is asked for credentials; "
                    + "set EventCluster:AllowUnauthenticated=true if that is what you want";
            }
        }
    }

    private static IEnumerable<string> Origins(EventClusterOptions options) =>
        from origin in options.Cors.AllowedOrigins
        where origin != "*" && !IsOrigin(origin)
        select $"'EventCluster:Cors:AllowedOrigins' cannot hold '{origin}'; accepted: http(s)://HOST[:PORT] without a path, or *";

    // A port of ':*' means any; a number in its place makes the rest an ordinary URI.
    private static bool IsOrigin(string text)
    {
        var plain = text.EndsWith(":*", StringComparison.Ordinal) ? text[..^1] + "1" : text;
        return Uri.TryCreate(plain, UriKind.Absolute, out var uri)
            && uri.Scheme is "http" or "https"
            && uri.GetLeftPart(UriPartial.Authority).Equals(plain, StringComparison.OrdinalIgnoreCase);
    }

    private static IEnumerable<string> Hosts(EventClusterOptions options) =>
        from host in options.AllowedHosts
        where host != "*" && Uri.CheckHostName(Bare(host)) == UriHostNameType.Unknown
        select $"'EventCluster:AllowedHosts' cannot hold '{host}'; accepted: a host name or address without a port, *.NAME, or *";

    private static string Bare(string host) =>
        (host.StartsWith("*.", StringComparison.Ordinal) ? host[2..] : host).Trim('[', ']');

    private static IEnumerable<string> Relations(EventClusterOptions options)
    {
        if (options.Limits.WaitingReadsPerStream > options.Limits.WaitingReads)
        {
            yield return "'EventCluster:Limits:WaitingReadsPerStream' cannot be above 'EventCluster:Limits:WaitingReads'";
        }

        if (options.Memory.TailCacheBytesPerStream > options.Memory.TailCacheBytes)
        {
            yield return "'EventCluster:Memory:TailCacheBytesPerStream' cannot be above 'EventCluster:Memory:TailCacheBytes'";
        }

        if (options.Retention.Age.Ticks % TimeSpan.TicksPerSecond != 0)
        {
            yield return "'EventCluster:Retention:Age' must be whole seconds";
        }
    }
}
