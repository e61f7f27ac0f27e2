using EventCluster.Protocol;

namespace EventCluster.Orleans.Directory;

/// <summary>Named limits and times of an <see cref="OrleansStreamDirectory"/>.</summary>
public sealed class OrleansStreamDirectoryOptions
{
    /// <summary>
    /// One attempt of an append. Default 2 s: as long as a silo's death takes to be noticed; a longer one would stall
    /// the streams of a hung silo.
    /// </summary>
    public TimeSpan AppendAttemptTimeout { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>
    /// An append without an answer is sent again beside the first attempt after this time, or after twice what answers
    /// took lately if that is longer. Null for never, which is the default: a call to a silo that died fails by itself. One
    /// that another silo passed on to it does not, so edges of EventCluster.Silo use 500 ms; clients of a cluster 250 ms.
    /// </summary>
    public TimeSpan? AppendCopyAfter { get; set; }

    /// <summary>One attempt of any other call, waiting reads without their wait. Default 4 s.</summary>
    public TimeSpan CallAttemptTimeout { get; set; } = TimeSpan.FromSeconds(4);

    /// <summary>
    /// How long an answer may take, whatever calls and repetitions it needs and besides the wait that was asked for; then it is "not now"
    /// (503 + <c>Retry-After</c>). Default 10 s: longer than a failover takes.
    /// </summary>
    public TimeSpan RetryFor { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>Pause before the second attempt; doubles up to <see cref="LongestRetryDelay"/>, with jitter. Default 20 ms.</summary>
    public TimeSpan FirstRetryDelay { get; set; } = TimeSpan.FromMilliseconds(20);

    /// <summary>Longest pause between attempts. Default 250 ms.</summary>
    public TimeSpan LongestRetryDelay { get; set; } = TimeSpan.FromMilliseconds(250);

    /// <summary>
    /// Longest wait of one read at the owner; longer waits are several reads. Default 10 s: well inside the response
    /// timeout of a grain call (30 s), so that a lost answer is noticed by this side.
    /// </summary>
    public TimeSpan LongestWait { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// How long live readers follow an owner that does not confirm that it is the newest one; then they are told to come back.
    /// Default 5 s: longer than a failover takes, so that one is not noticed.
    /// </summary>
    public TimeSpan LongestUnconfirmed { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// Payload bytes of one read's answer. Default 256 KiB: answers of 1 MiB took 9 to 40 ms between silos and delayed
    /// all others on the same connection.
    /// </summary>
    public int MaxReadBytes { get; set; } = 256 * 1024;

    /// <summary>Payload bytes of one append call; one request is sent whatever its size. Default 1 MiB.</summary>
    public int MaxAppendCallBytes { get; set; } = 1024 * 1024;

    /// <summary>Requests of one append call. Default 4,096.</summary>
    public int MaxAppendCallRequests { get; set; } = 4_096;

    /// <summary>Payload bytes of appends that wait for the call in flight, per stream. Default 16 MiB.</summary>
    public long MaxPendingAppendBytesPerStream { get; set; } = 16L * 1024 * 1024;

    /// <summary>Appends that wait for the call in flight, per stream. Default 100,000.</summary>
    public int MaxPendingAppendsPerStream { get; set; } = 100_000;

    /// <summary>Payload bytes of one append or create. Default 8 MiB.</summary>
    public int MaxAppendBytes { get; set; } = ProtocolLimits.MaxRequestBodyBytes;

    /// <summary>Events of one append or create. Default 10,000.</summary>
    public int MaxAppendEvents { get; set; } = ProtocolLimits.MaxEventsPerAppend;
}
