namespace EventCluster.Delivery.Timing;

/// <summary>Something that is due at a time.</summary>
internal interface IDeadline
{
    /// <summary>The time has come. Called on a timer's thread; must return at once.</summary>
    /// <param name="now">The time, in timestamps of the queue's clock.</param>
    void OnDue(long now);
}
