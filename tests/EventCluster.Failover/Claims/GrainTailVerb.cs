namespace EventCluster.Failover.Claims;

/// <summary>What a client of the cluster asks.</summary>
internal enum GrainTailVerb
{
    /// <summary>What the stream is.</summary>
    Describe,

    /// <summary>What follows a position, at once.</summary>
    Read,

    /// <summary>What follows a position, after a wait if need be.</summary>
    Wait,
}
