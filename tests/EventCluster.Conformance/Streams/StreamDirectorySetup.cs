using EventCluster.Abstractions.Streams;
using EventCluster.Protocol;
using EventCluster.TestKit;

namespace EventCluster.Conformance.Streams;

/// <summary>What a test needs of the directory that it opens.</summary>
/// <param name="Clock">The only source of time.</param>
public sealed record StreamDirectorySetup(VirtualTimeProvider Clock)
{
    /// <summary>Retention of streams that set none.</summary>
    public RetentionLimits RetentionDefaults { get; init; } = RetentionLimits.None;

    /// <summary>The store's limit on streams.</summary>
    public int MaxStreams { get; init; } = ProtocolLimits.MaxStreams;

    /// <summary>Producers per stream.</summary>
    public int MaxProducersPerStream { get; init; } = ProtocolLimits.MaxProducersPerStream;

    /// <summary>When a producer may be forgotten at the limit.</summary>
    public TimeSpan ProducerIdleBeforeEviction { get; init; } = TimeSpan.FromDays(7);

    /// <summary>Parked reads per stream.</summary>
    public int MaxParkedReadsPerStream { get; init; } = 20_000;

    /// <summary>Parked reads of all streams.</summary>
    public int MaxParkedReadsPerNode { get; init; } = 100_000;
}

/// <summary>An open directory.</summary>
/// <param name="Directory">The front door.</param>
/// <param name="StopAsync">Stops it: parked reads are answered, appends refused, its store stays usable for the next one.</param>
public sealed record StreamDirectoryUnderTest(IStreamDirectory Directory, Func<Task> StopAsync)
{
    /// <summary>Reads that wait now, where a read takes a moment to reach its owner; null where it waits at once.</summary>
    public Func<int>? ParkedReads { get; init; }
}
