namespace EventCluster.Delivery;

/// <summary>How much memory and how many threads deliver events to live connections.</summary>
internal sealed class DeliveryOptions
{
    /// <summary>Payload bytes of the newest events that all feeds together keep for their subscribers.</summary>
    public long FeedBytes { get; set; } = 64 * 1024 * 1024;

    /// <summary>Threads that write shared frames to connections.</summary>
    public int Pumps { get; set; } = 1;
}
