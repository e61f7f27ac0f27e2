namespace EventCluster.Abstractions;

/// <summary>One instant by both clocks.</summary>
/// <param name="Timestamp">The monotonic clock, which stands still while a machine is suspended.</param>
/// <param name="Wall">The wall clock, Unix milliseconds, which does not.</param>
public readonly record struct ClockReading(long Timestamp, long Wall)
{
    /// <summary>Reads both clocks.</summary>
    public static ClockReading Of(TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(time);
        return new ClockReading(time.GetTimestamp(), time.GetUtcNow().ToUnixTimeMilliseconds());
    }

    /// <summary>
    /// How long ago this was, by the clock that says longer: what was true before a pause of the process or of the whole machine
    /// is old. A wall clock that was set back counts for nothing, one that was set forward makes things look older.
    /// </summary>
    public TimeSpan AgeBy(TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(time);
        var byTimestamp = time.GetElapsedTime(Timestamp);
        var byWall = TimeSpan.FromMilliseconds(time.GetUtcNow().ToUnixTimeMilliseconds() - Wall);
        return byWall > byTimestamp ? byWall : byTimestamp;
    }

    /// <summary>The reading that comes this much later.</summary>
    public ClockReading Later(TimeSpan by, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(time);
        return new ClockReading(
            Timestamp + (long)(by.TotalSeconds * time.TimestampFrequency), Wall + (long)by.TotalMilliseconds);
    }
}
