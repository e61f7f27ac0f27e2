namespace EventCluster.Hosting.Configuration;

/// <summary>Moving streams to new nodes.</summary>
public sealed class RebalanceSection
{
    /// <summary>The pace.</summary>
    [Option("active streams that a node with more than its share hands over to others; 0 for none",
        Unit = "streams per second", Minimum = 0, Maximum = 1_000)]
    public int StreamsPerSecond { get; set; } = 5;
}
