namespace EventCluster.Hosting.Configuration;

/// <summary>The end of the process.</summary>
public sealed class ShutdownSection
{
    /// <summary>How long requests in flight may take before their connections are cut.</summary>
    [Option("how long requests in flight may take at a stop before their connections are cut",
        Unit = "seconds", Minimum = 0, Maximum = 600)]
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(10);
}
