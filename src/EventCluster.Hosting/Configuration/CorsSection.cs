using EventCluster.Edge;

namespace EventCluster.Hosting.Configuration;

/// <summary>Browser pages of other origins.</summary>
public sealed class CorsSection
{
    /// <summary>Origins whose pages may read and write.</summary>
    [Option("origins whose pages may use the server: SCHEME://HOST, 'https://*.example.com' for subdomains, ':*' for any port; 'null' and '*' without credentials")]
    public IReadOnlyList<string> AllowedOrigins { get; set; } = EdgeOptions.LoopbackOrigins;
}
