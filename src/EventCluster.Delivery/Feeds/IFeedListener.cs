namespace EventCluster.Delivery.Feeds;

/// <summary>Is told that a feed has news. Called on any thread, never under the feed's lock; must return at once.</summary>
internal interface IFeedListener
{
    /// <summary>The feed's tail moved, its stream was closed or trimmed, or the feed ended.</summary>
    void OnAdvanced(StreamFeed feed);
}
