namespace EventCluster.Abstractions.Streams;

/// <summary>
/// The time that one answer takes. Several calls may be needed for it, also to several streams; all of them together get what one of
/// them may take alone. Waits that were asked for are not counted. For one answer at a time.
/// </summary>
/// <param name="time">The clock.</param>
public sealed class AnswerTime(TimeProvider time)
{
    private readonly long _began = time.GetTimestamp();
    private TimeSpan _waited;

    /// <summary>An answer that somebody has waited for since a moment.</summary>
    /// <param name="time">The clock.</param>
    /// <param name="began">The moment, a timestamp of the clock.</param>
    public AnswerTime(TimeProvider time, long began)
        : this(time) => _began = began;

    /// <summary>What is left of a time; zero when it is over.</summary>
    public TimeSpan Left(TimeSpan most)
    {
        var left = most - time.GetElapsedTime(_began) + _waited;
        return left > TimeSpan.Zero ? left : TimeSpan.Zero;
    }

    /// <summary>A wait that was asked for is over; it took so long.</summary>
    public void Waited(TimeSpan wait) => _waited += wait;
}
