using EventCluster.Abstractions.Memory;
using EventCluster.Protocol;

namespace EventCluster.Storage.LocalDisk;

/// <summary>Where and how the embedded store keeps its data. Sizes in bytes.</summary>
public sealed class LocalDiskOptions
{
    /// <summary>Smallest segment that makes sense; the simulator uses it.</summary>
    public const int MinSegmentBytes = 64 * 1024;

    /// <summary>Largest segment: offsets inside one take 32 bits in the index.</summary>
    public const int MaxSegmentBytes = 1024 * 1024 * 1024;

    /// <summary>The data directory; made if missing.</summary>
    public required string Path { get; init; }

    /// <summary>
    /// Flush before every acknowledgement. When false the store promises only <c>memory</c>, and a start after an
    /// unclean stop opens a new history at the tail of every stream, because acknowledged offsets may be lost.
    /// </summary>
    public bool Flush { get; init; } = true;

    /// <summary>The directory is a restored backup or copy: opens a new history at the recovered tail of every stream.</summary>
    public bool Restored { get; init; }

    /// <summary>Size of a preallocated journal segment.</summary>
    public int SegmentBytes { get; init; } = 64 * 1024 * 1024;

    /// <summary>Most streams; creating one more is refused.</summary>
    public int MaxStreams { get; init; } = ProtocolLimits.MaxStreams;

    /// <summary>Where the index of streams is counted; null for nowhere. It goes on beyond the limit: who creates asks first.</summary>
    public MemoryShare? StreamState { get; init; }

    /// <summary>Largest sum of block bytes and state bytes of one commit; never above what a segment holds.</summary>
    public int MaxCommitBytes { get; init; } = ProtocolLimits.MaxBlockBytes + (1024 * 1024);

    /// <summary>Most bytes gathered into one group write, beyond its first record.</summary>
    public int MaxGroupBytes { get; init; } = 8 * 1024 * 1024;

    /// <summary>Journal bytes after which a checkpoint is written.</summary>
    public long CheckpointEveryBytes { get; init; } = 256L * 1024 * 1024;

    /// <summary>Share of a segment's room that must be dead before its live blocks are copied forward, 0 to 1.</summary>
    public double CompactionThreshold { get; init; } = 0.5;

    /// <summary>Most bytes per second that compaction copies forward.</summary>
    public int CompactionBytesPerSecond { get; init; } = 64 * 1024 * 1024;

    /// <summary>How long the journal is idle before a seal makes later damage of its last group detectable.</summary>
    public TimeSpan SealAfter { get; init; } = TimeSpan.FromMilliseconds(50);

    /// <summary>How often a full disk is asked again for room.</summary>
    public TimeSpan RetryFullAfter { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>
    /// Where the writer and the maintenance of the journal run; null gives the writer a thread of its own and the
    /// maintenance the thread pool. One that runs everything in a fixed order makes the store deterministic.
    /// </summary>
    public TaskScheduler? Scheduler { get; init; }

    /// <summary>Identity of a store made by this open; null draws one.</summary>
    public UInt128? NewStoreId { get; init; }

    /// <summary>Refuses values that cannot work, naming all of them.</summary>
    /// <exception cref="ArgumentException">What is wrong and what is allowed.</exception>
    internal static void Check(LocalDiskOptions options)
    {
        string?[] faults =
        [
            string.IsNullOrWhiteSpace(options.Path) ? "Path must name a directory" : null,
            options.SegmentBytes is < MinSegmentBytes or > MaxSegmentBytes
                ? $"SegmentBytes must be {MinSegmentBytes} to {MaxSegmentBytes}" : null,
            options.MaxStreams < 1 ? "MaxStreams must be at least 1" : null,
            options.MaxCommitBytes < 1024 ? "MaxCommitBytes must be at least 1024" : null,
            options.MaxGroupBytes < 4096 ? "MaxGroupBytes must be at least 4096" : null,
            options.CheckpointEveryBytes < 4096 ? "CheckpointEveryBytes must be at least 4096" : null,
            options.CompactionThreshold is < 0.05 or > 1 ? "CompactionThreshold must be 0.05 to 1" : null,
            options.CompactionBytesPerSecond < 1024 ? "CompactionBytesPerSecond must be at least 1024" : null,
            options.SealAfter <= TimeSpan.Zero ? "SealAfter must be above zero" : null,
            options.RetryFullAfter <= TimeSpan.Zero ? "RetryFullAfter must be above zero" : null,
        ];
        var found = string.Join("; ", faults.Where(fault => fault is not null));
        if (found.Length > 0)
        {
            throw new ArgumentException($"{found}.", nameof(options));
        }
    }
}
