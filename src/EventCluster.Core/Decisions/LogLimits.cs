using EventCluster.Abstractions.Memory;
using EventCluster.Abstractions.Streams;

namespace EventCluster.Core.Decisions;

/// <summary>The bounds that decisions depend on. Times are milliseconds.</summary>
internal sealed record LogLimits
{
    /// <summary>Retention where a stream sets none itself; operators may change it while streams are loaded.</summary>
    public required RetentionLimits RetentionDefaults { get; set; }

    /// <summary>Most producers remembered.</summary>
    public required int MaxProducers { get; init; }

    /// <summary>Idle time before a producer may be forgotten at the limit.</summary>
    public required long ProducerIdle { get; init; }

    /// <summary>Deepest chain of forks.</summary>
    public required int MaxForkDepth { get; init; }

    /// <summary>Most forks that hold events of one stream.</summary>
    public required int MaxForks { get; init; }

    /// <summary>Largest encoded state; every commit leaves this room beside its block.</summary>
    public required int MaxStateBytes { get; init; }

    /// <summary>Largest sum of block bytes and state bytes of one commit.</summary>
    public required int MaxCommitBytes { get; init; }

    /// <summary>Most producer entries of one commit.</summary>
    public required int MaxCommitProducers { get; init; }

    /// <summary>The memory for streams and producers; null for no bound. While it is full no new ones are taken.</summary>
    public MemoryShare? StreamState { get; init; }

    /// <summary>When an unfinished step of a fork is looked at again.</summary>
    public required long SettleForksAfter { get; init; }
}
