namespace EventCluster.TestKit.Network;

/// <summary>What a network can do to a connection.</summary>
public enum FaultKind
{
    /// <summary>Both ends see a reset.</summary>
    Reset = 0,

    /// <summary>Both ends see the other one close.</summary>
    Finish = 1,

    /// <summary>Nothing passes for a while; then everything goes on.</summary>
    Stall = 2,

    /// <summary>Nothing passes ever again, and nobody is told: no byte, no acknowledgement, no close.</summary>
    BlackHole = 3,
}
