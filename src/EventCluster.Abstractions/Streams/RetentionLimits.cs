namespace EventCluster.Abstractions.Streams;

/// <summary>Retention limits; null means "not set".</summary>
/// <param name="Events">Most events kept, at least 1.</param>
/// <param name="Bytes">Most payload bytes kept, at least 1.</param>
/// <param name="AgeSeconds">Longest age of an event in seconds, at least 1.</param>
public sealed record RetentionLimits(long? Events = null, long? Bytes = null, long? AgeSeconds = null)
{
    /// <summary>
    /// As a limit: there is none, also where the server has a default. It lifts a limit that was set before; clients write
    /// <c>none</c>.
    /// </summary>
    public const long Unlimited = Protocol.ProtocolLimits.MaxProducerNumber;

    /// <summary>Nothing set.</summary>
    public static readonly RetentionLimits None = new();

    /// <summary>True when nothing is set.</summary>
    public bool IsEmpty => Events is null && Bytes is null && AgeSeconds is null;
}
