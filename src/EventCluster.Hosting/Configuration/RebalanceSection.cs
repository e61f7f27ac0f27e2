namespace EventCluster.Hosting.Configuration;

/// <summary>Moving streams to new nodes.</summary>
public sealed class RebalanceSection
{
    /// <summary>The pace.</summary>
    [Option("most active streams that a node with more than its share hands over to others; 0 for none",
        Unit = "streams per second", Minimum = 0, Maximum = 1_000)]
    public int StreamsPerSecond { get; set; } = 200;

    /// <summary>The part of its time that a node hands streams over.</summary>
    [Option("part of its time that a node with more than its share hands streams over; a move that takes long is followed by a longer rest",
        Unit = "percent", Minimum = 1, Maximum = 100)]
    public int Percent { get; set; } = 20;
}
