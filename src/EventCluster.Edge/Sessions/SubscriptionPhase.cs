namespace EventCluster.Edge.Sessions;

/// <summary>What a subscription is doing.</summary>
internal enum SubscriptionPhase
{
    /// <summary>Its start is being resolved.</summary>
    Opening = 0,

    /// <summary>A read is under way, most of the time waiting at the tail.</summary>
    Reading = 1,

    /// <summary>It has events in hand and waits for its turn.</summary>
    Ready = 2,

    /// <summary>Events are there but no credit; only the position is kept.</summary>
    Starved = 3,

    /// <summary>Events are there but the connection takes nothing now; only the position is kept.</summary>
    Parked = 4,

    /// <summary>Over.</summary>
    Ended = 5,
}
