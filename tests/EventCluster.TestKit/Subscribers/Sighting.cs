using EventCluster.Protocol;

namespace EventCluster.TestKit.Subscribers;

/// <summary>What a subscriber sees, in order.</summary>
public abstract record Sighting
{
    private Sighting()
    {
    }

    /// <summary>What this transport resumes with after this sighting; null when it says nothing about it.</summary>
    public string? Token { get; init; }

    /// <summary>The connection stands here: it is open, and everything before was seen.</summary>
    public sealed record Position(StreamOffset Offset) : Sighting;

    /// <summary>
    /// What lies between the last position and <paramref name="Offset"/>: one event, or several run together on transports
    /// that deliver text and bytes without their boundaries.
    /// </summary>
    public sealed record Event(StreamOffset Offset, ReadOnlyMemory<byte> Payload) : Sighting;

    /// <summary>A gap; <paramref name="ContinuedFrom"/> is null when the connection is over with it.</summary>
    public sealed record Gap(
        StreamOffset Requested, StreamOffset Earliest, StreamOffset Tail, string Reason, StreamOffset? ContinuedFrom) : Sighting;

    /// <summary>The stream is closed and complete.</summary>
    public sealed record End(StreamOffset Offset) : Sighting;

    /// <summary>The server asks to come back later.</summary>
    public sealed record Move(int DelayMilliseconds) : Sighting;

    /// <summary>An answer that is no subscription.</summary>
    public sealed record Refused(int Status, string Code) : Sighting;

    /// <summary>The connection is over, cleanly or not.</summary>
    public sealed record Disconnected(string Cause) : Sighting;
}
