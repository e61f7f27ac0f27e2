using System.Net;

namespace EventCluster.Orleans.Membership;

/// <summary>Whether the network leads to another silo.</summary>
internal interface IReach
{
    /// <summary>Tries it, for a short time.</summary>
    Task<Reachability> TryAsync(IPEndPoint silo);
}
