using EventCluster.Orleans.Placement;
using Orleans.Services;

namespace EventCluster.Orleans.Witness;

/// <summary>What each silo tells the others about the store. Goes straight to the silo, whatever the grain directory knows.</summary>
[Alias("ec.witness")]
internal interface IStoreWitness : IGrainService
{
    /// <summary>
    /// Whether the store answers the silo that is asked, by a question that it sends after it was asked.
    /// </summary>
    /// <param name="asker">The silo that asks.</param>
    /// <param name="isCutOff">The asker gave its streams up: nothing is to be placed on it (<see cref="CutOffSilos"/>).</param>
    [Alias("reaches")]
    Task<bool> ReachesStoreAsync(SiloAddress asker, bool isCutOff);
}
