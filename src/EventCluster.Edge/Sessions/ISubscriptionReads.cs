namespace EventCluster.Edge.Sessions;

/// <summary>Starts reads, whose outcomes come back to the <see cref="SubscriptionSet"/> later, one per call.</summary>
internal interface ISubscriptionReads
{
    /// <summary>Resolves the start and reads without waiting.</summary>
    void Open(Subscription subscription, int maxBytes);

    /// <summary>Reads from <see cref="Subscription.Position"/>; nothing comes back before there is something.</summary>
    void Read(Subscription subscription, int maxBytes);

    /// <summary>Nothing more is wanted.</summary>
    void Leave(Subscription subscription);
}
