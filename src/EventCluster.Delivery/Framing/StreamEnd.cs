using EventCluster.Abstractions.Streams;

namespace EventCluster.Delivery.Framing;

/// <summary>Why nothing follows on a stream.</summary>
internal enum StreamEnd
{
    /// <summary>It is closed and complete.</summary>
    Closed,

    /// <summary>A client deleted it.</summary>
    Deleted,

    /// <summary>Its time is over.</summary>
    Expired,
}

/// <summary>The reasons as clients see them.</summary>
internal static class StreamEndTexts
{
    /// <summary>The text of a reason.</summary>
    public static string ToWire(this StreamEnd reason) => reason switch
    {
        StreamEnd.Closed => "closed",
        StreamEnd.Deleted => "deleted",
        _ => "expired",
    };

    /// <summary>
    /// Why a stream that was followed is not there any more, by what was known of it last. A reader keeps a sliding time to
    /// live going, so a stream that is followed ends by time at its fixed expiry.
    /// </summary>
    /// <param name="outcome">The last read.</param>
    /// <param name="expiresAt">The stream's expiry as it was known before.</param>
    /// <param name="now">The time.</param>
    /// <returns>Null when the outcome does not say that the stream is gone.</returns>
    public static StreamEnd? Of(ReadOutcome outcome, DateTimeOffset? expiresAt, DateTimeOffset now) =>
        outcome is not (ReadOutcome.NotFound or ReadOutcome.Gone) ? null
        : expiresAt <= now ? StreamEnd.Expired
        : StreamEnd.Deleted;
}
