namespace EventCluster.Delivery.Feeds;

/// <summary>Where a position lies, seen from a feed.</summary>
internal enum FeedPlace
{
    /// <summary>In the feed's window: its events are in memory.</summary>
    Inside = 0,

    /// <summary>At the feed's tail, with the stream open: wait.</summary>
    AtTail = 1,

    /// <summary>At the final position of a closed stream.</summary>
    AtEnd = 2,

    /// <summary>Retained, but older than the window: the block cache has it, or gets it.</summary>
    Behind = 3,

    /// <summary>Beyond the tail of an open stream, in its own incarnations: the feed may be on its way; only the owner can say.</summary>
    Ahead = 4,

    /// <summary>Trimmed, or of another incarnation: only the owner can say.</summary>
    Elsewhere = 5,

    /// <summary>The feed ended; only the owner can say.</summary>
    Ended = 6,
}
