namespace EventCluster.Hosting.Configuration;

/// <summary>What is kept in memory.</summary>
public sealed class MemorySection
{
    /// <summary>The whole that the shares divide.</summary>
    [Option("bytes that clients can make this node hold, divided by Memory:Shares; 0 for 60 % of what the runtime may use",
        Unit = "bytes", Minimum = 0)]
    public long Budget { get; set; }

    /// <summary>The division of the budget.</summary>
    public MemorySharesSection Shares { get; } = new();

    /// <summary>When a stream that nobody uses is unloaded.</summary>
    [Option("when a stream that nobody uses is unloaded", Unit = "seconds", Minimum = 1, Maximum = 86_400)]
    public TimeSpan IdleUnloadAfter { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>How often the node looks whether it is idle after a burst, to give memory back.</summary>
    [Option("how often the node looks whether it is idle after a burst, to give memory back (OPERATING.md, Memory); 0 for never",
        Unit = "seconds", Minimum = 0, Maximum = 3_600)]
    public TimeSpan TrimInterval { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>Newest events kept in memory per stream.</summary>
    [Option("newest events kept in memory per loaded stream", Unit = "bytes", Minimum = 0, Maximum = 1 << 30)]
    public int TailCacheBytesPerStream { get; set; } = 256 * 1024;

    /// <summary>Newest events kept in memory on this node.</summary>
    [Option("newest events kept in memory over all streams", Unit = "bytes", Minimum = 0)]
    public long TailCacheBytes { get; set; } = 128L * 1024 * 1024;

    /// <summary>Newest events kept for live subscribers.</summary>
    [Option("newest events kept for live subscribers over all streams", Unit = "bytes", Minimum = 0)]
    public long FeedBytes { get; set; } = 64L * 1024 * 1024;

    /// <summary>Blocks kept for subscribers that catch up.</summary>
    [Option("blocks kept for subscribers that catch up", Unit = "bytes", Minimum = 0)]
    public long BlockCacheBytes { get; set; } = 32L * 1024 * 1024;

    /// <summary>Encoded frames kept for subscribers that catch up.</summary>
    [Option("encoded frames kept for subscribers that catch up", Unit = "bytes", Minimum = 0)]
    public long FrameCacheBytes { get; set; } = 32L * 1024 * 1024;
}
