namespace EventCluster.Hosting.Configuration;

/// <summary>The embedded store.</summary>
public sealed class LocalDiskSection
{
    /// <summary>Flush to stable storage before an append is acknowledged.</summary>
    [Option("flush to stable storage before an append is acknowledged; false loses acknowledged events with the power")]
    public bool Flush { get; set; } = true;

    /// <summary>Size of a journal segment.</summary>
    [Option("size of one journal file", Unit = "bytes", Minimum = 32 * 1024 * 1024, Maximum = 1 << 30)]
    public int SegmentBytes { get; set; } = 64 * 1024 * 1024;
}
