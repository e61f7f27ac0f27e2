using Orleans.Runtime.Services;

namespace EventCluster.Orleans.Witness;

/// <summary>Asks another silo about the store.</summary>
internal sealed class StoreWitnessClient(IServiceProvider services) : GrainServiceClient<IStoreWitness>(services)
{
    /// <inheritdoc cref="IStoreWitness.ReachesStoreAsync"/>
    public Task<bool> AskAsync(SiloAddress silo, SiloAddress asker, bool isCutOff) =>
        GetGrainService(silo).ReachesStoreAsync(asker, isCutOff);
}
