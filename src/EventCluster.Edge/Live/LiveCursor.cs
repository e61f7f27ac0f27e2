using EventCluster.Delivery.Timing;

namespace EventCluster.Edge.Live;

/// <summary>
/// Cursors that let caches collapse live readers: the number of 20-second intervals since 2024-10-09, and always above
/// the one that the client sent (Durable Streams 10.1).
/// </summary>
internal sealed class LiveCursor(TimeProvider time, EdgeRandom random)
{
    private const int IntervalSeconds = 20;
    private const int MaxJitterSeconds = 3600;

    private static readonly DateTimeOffset Epoch = new(2024, 10, 9, 0, 0, 0, TimeSpan.Zero);

    public long Next(long? clientCursor)
    {
        var current = (long)Math.Floor((time.GetUtcNow() - Epoch).TotalSeconds / IntervalSeconds);
        if (clientCursor is not { } sent || sent < current)
        {
            return current;
        }

        var jitter = Math.Max(1, random.Between(1, MaxJitterSeconds) / IntervalSeconds);
        return sent > long.MaxValue - jitter ? current : sent + jitter;
    }
}
