using EventCluster.Edge.Http;
using EventCluster.Protocol;
using EventCluster.Storage.PostgreSql;

namespace EventCluster.Hosting.Configuration;

/// <summary>Checks what one option alone cannot tell: addresses, origins, and relations between options.</summary>
public static class OptionsValidator
{
    /// <summary>All faults, one line each; empty when the options can be used.</summary>
    public static IReadOnlyList<string> Validate(EventClusterOptions options) =>
        [
            .. Urls(options), .. Tls(options), .. Origins(options), .. Hosts(options), .. PostgreSql(options), .. AzureTables(options),
            .. Relations(options), .. Memory(options, NodeMemory.Available),
            .. options is ClusterNodeOptions silo ? Silo(silo) : [],
        ];

    private static IEnumerable<string> Urls(EventClusterOptions options)
    {
        if (!ListenAddress.Split(options.Urls).Any())
        {
            yield return "'EventCluster:Urls' names no address; example: http://127.0.0.1:4437";
        }

        foreach (var (key, url) in Addresses(options))
        {
            if (!ListenAddress.TryParse(url, out var address))
            {
                yield return $"'{key}' cannot be '{url}'; accepted: http://HOST:PORT or https://HOST:PORT, where HOST is an IP "
                    + "address, localhost or * for all";
            }
            else if (!address.IsLoopback && !options.AllowUnauthenticated)
            {
                yield return $"'{key}' names '{url}', which others can reach, and nobody is asked for credentials; "
                    + "set EventCluster:AllowUnauthenticated=true if that is what you want";
            }
        }
    }

    private static IEnumerable<(string Key, string Url)> Addresses(EventClusterOptions options)
    {
        foreach (var url in ListenAddress.Split(options.Urls))
        {
            yield return ("EventCluster:Urls", url);
        }

        if (options.Http2Url.Length > 0)
        {
            yield return ("EventCluster:Http2Url", options.Http2Url);
        }
    }

    private static IEnumerable<string> Tls(EventClusterOptions options)
    {
        if (ListenAddress.TryParse(options.Http2Url, out var http2) && http2.IsTls)
        {
            yield return "'EventCluster:Http2Url' is for clear text; https addresses in 'EventCluster:Urls' offer HTTP/2 anyway";
        }

        var hasTls = ListenAddress.Split(options.Urls).Any(url => ListenAddress.TryParse(url, out var address) && address.IsTls);
        if (options.Tls.CertificatePath.Length > 0 && !hasTls)
        {
            // Whoever sets it takes the traffic for encrypted.
            yield return $"'EventCluster:Tls:CertificatePath' is set, and 'EventCluster:Urls' ({options.Urls}) names no https address, so "
                + "nothing would be encrypted; name one, or leave the certificate out";
        }

        if (options.Tls.CertificatePath.Length == 0 && (options.Tls.KeyPath.Length > 0 || options.Tls.Password.Length > 0))
        {
            yield return "'EventCluster:Tls:KeyPath' and 'EventCluster:Tls:Password' belong to 'EventCluster:Tls:CertificatePath', which is not set";
        }

        if (options.Tls.CertificatePath.Length == 0 && hasTls)
        {
            yield return "'EventCluster:Urls' names an https address, which needs 'EventCluster:Tls:CertificatePath'; for "
                + "development: dotnet dev-certs https --export-path dev.pem --format Pem --no-password";
        }
    }

    private static IEnumerable<string> Origins(EventClusterOptions options) =>
        from origin in options.Cors.AllowedOrigins
        where origin is not ("*" or "null") && !OriginPattern.TryParse(origin, out _)
        select $"'EventCluster:Cors:AllowedOrigins' cannot hold '{origin}'; accepted: {OriginPattern.Accepted}";

    private static IEnumerable<string> Hosts(EventClusterOptions options) =>
        from host in options.AllowedHosts
        where host != "*" && Uri.CheckHostName(Bare(host)) == UriHostNameType.Unknown
        select $"'EventCluster:AllowedHosts' cannot hold '{host}'; accepted: a host name or address without a port, *.NAME, or *";

    private static string Bare(string host) =>
        (host.StartsWith("*.", StringComparison.Ordinal) ? host[2..] : host).Trim('[', ']');

    private static IEnumerable<string> PostgreSql(EventClusterOptions options)
    {
        if (options.Store == StoreKind.Postgresql && options.PostgreSql.ConnectionString.Length == 0)
        {
            yield return "'EventCluster:Store' is postgresql, which needs 'EventCluster:PostgreSql:ConnectionString'; example: "
                + "Host=127.0.0.1;Database=eventcluster;Username=eventcluster;Password=...";
        }

        if (!PostgreSqlOptions.IsSchema(options.PostgreSql.Schema))
        {
            yield return $"'EventCluster:PostgreSql:Schema' cannot be '{options.PostgreSql.Schema}'; accepted: a lower case letter, then "
                + $"lower case letters, digits and underscores, {PostgreSqlOptions.MaxSchemaLength} in all";
        }
    }

    private static IEnumerable<string> Silo(ClusterNodeOptions options)
    {
        if (options.Store is not (StoreKind.Postgresql or StoreKind.AzureTables))
        {
            yield return "'EventCluster:Store' of a node of a cluster must be postgresql or azure-tables: all nodes share one store";
        }

        if (options.Cluster.Membership == MembershipKind.Postgresql && options.Store != StoreKind.Postgresql
            && options.PostgreSql.ConnectionString.Length == 0)
        {
            yield return "'EventCluster:Cluster:Membership' is postgresql, which needs 'EventCluster:PostgreSql:ConnectionString'; with "
                + "'EventCluster:Store' azure-tables, azure-tables is the other choice";
        }

        if (Uri.CheckHostName(options.Cluster.AdvertisedAddress) == UriHostNameType.Unknown)
        {
            yield return $"'EventCluster:Cluster:AdvertisedAddress' cannot be '{options.Cluster.AdvertisedAddress}'; accepted: an IP address, "
                + "or a host name of this machine";
        }

        if (options.HasGateway && options.Cluster.SiloPort == options.Cluster.GatewayPort)
        {
            yield return "'EventCluster:Cluster:SiloPort' and 'EventCluster:Cluster:GatewayPort' must be two ports";
        }

        if (options.Cluster is { Secret.Length: > 0, SecretFile.Length: > 0 })
        {
            yield return "'EventCluster:Cluster:Secret' and 'EventCluster:Cluster:SecretFile' say the same thing; set one of them";
        }

        var tls = options.Cluster.Tls;
        if (tls.IsUsed && tls.AuthorityPath.Length == 0)
        {
            yield return "'EventCluster:Cluster:Tls:CertificatePath' needs 'EventCluster:Cluster:Tls:AuthorityPath', the authorities whose "
                + "certificates count";
        }

        if (!tls.IsUsed && (tls.AuthorityPath.Length > 0 || tls.KeyPath.Length > 0 || tls.PeerName.Length > 0))
        {
            yield return "'EventCluster:Cluster:Tls' needs 'EventCluster:Cluster:Tls:CertificatePath'";
        }
    }

    private static IEnumerable<string> AzureTables(EventClusterOptions options)
    {
        if (options is not ClusterNodeOptions silo)
        {
            if (options.Store == StoreKind.AzureTables)
            {
                yield return "'EventCluster:Store' is azure-tables, which this program does not carry; nodes of a cluster "
                    + "(EventCluster.Silo) do";
            }

            yield break;
        }

        var isUsed = silo.Store == StoreKind.AzureTables || silo.Cluster.Membership == MembershipKind.AzureTables;
        if (isUsed && silo.AzureTables.ConnectionString.Length == 0)
        {
            yield return "'EventCluster:Store' or 'EventCluster:Cluster:Membership' is azure-tables, which needs "
                + "'EventCluster:AzureTables:ConnectionString'";
        }

        var table = silo.AzureTables.Table;
        if (table.Length is < 3 or > 50 || !char.IsAsciiLetter(table[0]) || !table.All(char.IsAsciiLetterOrDigit))
        {
            yield return $"'EventCluster:AzureTables:Table' cannot be '{table}'; accepted: a letter, then letters and digits, 3 to 50 in all";
        }
    }

    /// <summary>Whether the budget's parts fit the whole, and one request of the largest size its share.</summary>
    internal static IEnumerable<string> Memory(EventClusterOptions options, long available)
    {
        var shares = options.Memory.Shares.ToShares();
        if (shares.Sum > 100)
        {
            yield return $"'EventCluster:Memory:Shares' add up to {shares.Sum} percent; accepted: at most 100";
            yield break;
        }

        var budget = NodeMemory.Create(options, available);
        if (budget.Bytes > available)
        {
            yield return $"'EventCluster:Memory:Budget' cannot be {budget.Bytes}: the runtime may use {available} bytes";
        }

        foreach (var (share, least, what) in NodeMemory.Least(options, budget))
        {
            if (share.Limit < least)
            {
                yield return $"the memory share {share.Name} has {share.Limit} bytes, and {what} needs {least}; raise "
                    + $"'EventCluster:Memory:Budget' (now {budget.Bytes}) or the share's percent in 'EventCluster:Memory:Shares', "
                    + "or give the process more memory";
            }
        }
    }

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

        if (options.Limits.AppendBytes is > 0 and < ProtocolLimits.MaxEventBytes)
        {
            yield return $"'EventCluster:Limits:AppendBytes' must be 0, or at least one event of {ProtocolLimits.MaxEventBytes}";
        }

        if (options.Retention.Age.Ticks % TimeSpan.TicksPerSecond != 0)
        {
            yield return "'EventCluster:Retention:Age' must be whole seconds";
        }
    }
}
