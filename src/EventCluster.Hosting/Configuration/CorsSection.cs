namespace EventCluster.Hosting.Configuration;

/// <summary>Browser pages of other origins.</summary>
public sealed class CorsSection
{
    /// <summary>Origins whose pages may read and write; empty for loopback origins.</summary>
    [Option("origins whose pages may read and write; '*' for any; empty for loopback origins")]
    public IReadOnlyList<string> AllowedOrigins { get; set; } = [];
}
