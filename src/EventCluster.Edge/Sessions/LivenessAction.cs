namespace EventCluster.Edge.Sessions;

/// <summary>What a connection needs at a point in time, so that neither side mistakes silence for health.</summary>
internal enum LivenessAction
{
    /// <summary>Nothing yet.</summary>
    None = 0,

    /// <summary>A heartbeat passed without a word in one of the directions: say something.</summary>
    Ping = 1,

    /// <summary>The client said nothing for two heartbeats, or did not take its leave in time: cut.</summary>
    Cut = 2,
}
