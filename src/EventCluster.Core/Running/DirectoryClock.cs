using EventCluster.Abstractions;

namespace EventCluster.Core.Running;

/// <summary>
/// The clocks of a directory. Intervals inside the process are measured by timestamps, which no one sets. The wall clock
/// counts where a time is stored or comes from a client; it is watched against the monotonic one: once both depart by
/// <see cref="LargestDeparture"/>, nothing ends by time until they agree again (CORRECTNESS rule 9).
/// </summary>
internal sealed class DirectoryClock(TimeProvider time)
{
    /// <summary>From here on the wall clock is not trusted.</summary>
    public static readonly TimeSpan LargestDeparture = TimeSpan.FromSeconds(60);

    private readonly DateTimeOffset _startedAt = time.GetUtcNow();
    private readonly long _startedTimestamp = time.GetTimestamp();

    /// <summary>The source of time, for timers.</summary>
    public TimeProvider Time => time;

    /// <summary>Monotonic clock, for intervals inside the process.</summary>
    public long Timestamp => time.GetTimestamp();

    /// <summary>Wall clock, Unix milliseconds.</summary>
    public long Now => time.GetUtcNow().ToUnixTimeMilliseconds();

    /// <summary>
    /// The time of an access that is stored (last access, a producer's last use), Unix milliseconds: never behind the
    /// monotonic clock. What is used while the wall clock is set back would otherwise look old once it is right again.
    /// </summary>
    public long AccessTime => Math.Max(Now, (_startedAt + time.GetElapsedTime(_startedTimestamp)).ToUnixTimeMilliseconds());

    /// <summary>How far the wall clock is ahead of the monotonic one since the start.</summary>
    public TimeSpan Departure => time.GetUtcNow() - _startedAt - time.GetElapsedTime(_startedTimestamp);

    /// <summary>The wall clock departed too far: expiry, age retention and forgetting of producers wait.</summary>
    public bool IsSuspended => Departure.Duration() >= LargestDeparture;

    /// <summary>Both clocks.</summary>
    public ClockReading Read() => ClockReading.Of(time);

    /// <summary>How long ago a reading was, by the clock that says longer.</summary>
    public TimeSpan AgeOf(ClockReading reading) => reading.AgeBy(time);

    /// <summary>The timestamp that lies this long before now.</summary>
    public long TimestampBefore(TimeSpan age) =>
        time.GetTimestamp() - (long)(age.TotalSeconds * time.TimestampFrequency);
}
