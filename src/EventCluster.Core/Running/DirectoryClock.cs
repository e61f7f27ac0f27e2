namespace EventCluster.Core.Running;

/// <summary>
/// Wall clock of a directory, watched against the monotonic one: once both depart by <see cref="LargestDeparture"/>,
/// nothing ends by time until they agree again (CORRECTNESS rule 9).
/// </summary>
internal sealed class DirectoryClock(TimeProvider time)
{
    /// <summary>From here on the wall clock is not trusted.</summary>
    public static readonly TimeSpan LargestDeparture = TimeSpan.FromSeconds(60);

    private readonly DateTimeOffset _startedAt = time.GetUtcNow();
    private readonly long _startedTimestamp = time.GetTimestamp();

    /// <summary>The source of time, for timers.</summary>
    public TimeProvider Time => time;

    /// <summary>Wall clock, Unix milliseconds.</summary>
    public long Now => time.GetUtcNow().ToUnixTimeMilliseconds();

    /// <summary>How far the wall clock is ahead of the monotonic one since the start.</summary>
    public TimeSpan Departure => time.GetUtcNow() - _startedAt - time.GetElapsedTime(_startedTimestamp);

    /// <summary>The wall clock departed too far: expiry and age retention wait.</summary>
    public bool IsSuspended => Departure.Duration() >= LargestDeparture;
}
