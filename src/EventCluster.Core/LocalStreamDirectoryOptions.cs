using EventCluster.Abstractions.Memory;
using EventCluster.Abstractions.Streams;
using EventCluster.Protocol;

namespace EventCluster.Core;

/// <summary>Named limits and times of a <see cref="LocalStreamDirectory"/>.</summary>
public sealed class LocalStreamDirectoryOptions
{
    /// <summary>Retention of streams that set none themselves, limit by limit. Default: keep everything.</summary>
    public RetentionLimits RetentionDefaults { get; set; } = RetentionLimits.None;

    /// <summary>A stream that nobody used for this long leaves memory. Default 60 s.</summary>
    public TimeSpan IdleUnloadAfter { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>
    /// Most streams in memory at once. At the limit the idle ones leave early; while none is idle, requests for streams
    /// that are not in memory are refused as overloaded. Default 100,000.
    /// </summary>
    public int MaxLoadedStreams { get; set; } = 100_000;

    /// <summary>Encoded bytes of newest blocks kept in memory per loaded stream. Default 256 KiB.</summary>
    public int TailCacheBytesPerStream { get; set; } = 256 * 1024;

    /// <summary>Encoded bytes of newest blocks kept in memory by all streams together. Default 128 MiB.</summary>
    public long TailCacheBytesPerNode { get; set; } = 128L * 1024 * 1024;

    /// <summary>Payload bytes of appends that wait for the commit in flight, per stream. Default 16 MiB.</summary>
    public long MaxPendingAppendBytesPerStream { get; set; } = 16L * 1024 * 1024;

    /// <summary>Commands that wait for the commit in flight, per stream. Default 100,000.</summary>
    public int MaxPendingAppendsPerStream { get; set; } = 100_000;

    /// <summary>Reads that wait at one stream's tail. Default 20,000.</summary>
    public int MaxParkedReadsPerStream { get; set; } = 20_000;

    /// <summary>Reads that wait at the tails of all streams together. Default 100,000.</summary>
    public int MaxParkedReadsPerNode { get; set; } = 100_000;

    /// <summary>Most producers that one stream remembers. Default 10,000.</summary>
    public int MaxProducersPerStream { get; set; } = ProtocolLimits.MaxProducersPerStream;

    /// <summary>At the limit, a producer idle for longer may be forgotten; never earlier. Default 7 days.</summary>
    public TimeSpan ProducerIdleBeforeEviction { get; set; } = TimeSpan.FromDays(7);

    /// <summary>
    /// The memory for streams and producers; null for no bound. While it is full, creates, forks and appends of new producers
    /// are refused; appends of known ones, deletes and trims go on. Default: no bound.
    /// </summary>
    public MemoryShare? StreamState { get; set; }

    /// <summary>How often due and idle streams are looked for. Default 1 s.</summary>
    public TimeSpan SweepInterval { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>
    /// How often the fences of streams with waiting reads are compared with the store's (CORRECTNESS rule 3). Zero for
    /// never: the store of a single node has no other owner. Default zero; clusters use 5 s.
    /// </summary>
    public TimeSpan FenceCheckInterval { get; set; } = TimeSpan.Zero;

    /// <summary>
    /// How old a confirmation may be that an answer about the tail rests on, in a store that other nodes share; null, the default,
    /// for one that is younger than the request. Trades the truth about now for one question less.
    /// </summary>
    public TimeSpan? ReadConfirmationAge { get; set; }

    /// <summary>An unconfirmed hold or an owed release of a fork is settled after this time. Default 60 s.</summary>
    public TimeSpan SettleForksAfter { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>Deepest chain of forks. Default 64.</summary>
    public int MaxForkDepth { get; set; } = ProtocolLimits.MaxForkDepth;

    /// <summary>Most forks that hold events of one stream. Default 10,000.</summary>
    public int MaxForksPerStream { get; set; } = 10_000;

    /// <summary>Payload bytes of one append or create. Default 8 MiB; must fit the store's largest commit.</summary>
    public int MaxAppendBytes { get; set; } = ProtocolLimits.MaxRequestBodyBytes;

    /// <summary>Events of one append or create. Default 10,000; must fit the store's largest commit.</summary>
    public int MaxAppendEvents { get; set; } = ProtocolLimits.MaxEventsPerAppend;
}
