namespace EventCluster.Delivery;

/// <summary>The bounds of delivery that are not options.</summary>
internal static class DeliveryLimits
{
    /// <summary>
    /// Largest slice that a live connection gets before its client is waited for. An event whose frame is larger goes out in
    /// slices.
    /// </summary>
    public const int MaxSliceBytes = 64 * 1024;

    /// <summary>Largest slice of a reader that was slow a moment ago: what it does not take stays in memory.</summary>
    public const int SlowSliceBytes = 8 * 1024;

    /// <summary>How often a read is tried again when the head moved between resolving and reading.</summary>
    public const int MaxReadAttempts = 8;

    /// <summary>Most names of streams that do not exist and that clients of this node wait for (<c>wait-for-stream</c>).</summary>
    public const int MaxMissingStreams = 1_000;

    /// <summary>Most payload bytes of the newest events that one feed keeps in memory for its subscribers.</summary>
    public const int MaxFeedWindowBytes = 1024 * 1024;
}
