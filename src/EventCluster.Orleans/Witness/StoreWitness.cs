using EventCluster.Orleans.Placement;
using Microsoft.Extensions.Logging;
using Orleans.Concurrency;

namespace EventCluster.Orleans.Witness;

/// <inheritdoc cref="IStoreWitness"/>
[Reentrant]
internal sealed class StoreWitness(
    GrainId id, Silo silo, ILoggerFactory loggers, StoreProbe probe, CutOffSilos cutOff)
    : GrainService(id, silo, loggers), IStoreWitness
{
    /// <inheritdoc />
    public async Task<bool> ReachesStoreAsync(SiloAddress asker, bool isCutOff)
    {
        cutOff.Note(asker, isCutOff);
        return await probe.IsReachedAsync();
    }
}
