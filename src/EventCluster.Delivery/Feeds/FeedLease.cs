namespace EventCluster.Delivery.Feeds;

/// <summary>A hold on a feed; given back once.</summary>
internal sealed class FeedLease(FeedDirectory directory, StreamFeed feed) : IDisposable
{
    private bool _isReleased;

    /// <summary>The feed.</summary>
    public StreamFeed Feed => feed;

    public void Dispose()
    {
        if (!Interlocked.Exchange(ref _isReleased, true))
        {
            directory.Release(feed);
        }
    }
}
