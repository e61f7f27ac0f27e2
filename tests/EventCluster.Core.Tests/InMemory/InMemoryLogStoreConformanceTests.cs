using EventCluster.Abstractions.Store;
using EventCluster.Conformance.Store;
using EventCluster.Core.InMemory;

namespace EventCluster.Core.Tests.InMemory;

public sealed class InMemoryLogStoreConformanceTests : LogStoreConformance
{
    protected override bool SurvivesReopen => false;

    protected override ValueTask<ILogStore> OpenStoreAsync(int maxStreams) =>
        ValueTask.FromResult<ILogStore>(new InMemoryLogStore(new InMemoryLogStoreOptions { MaxStreams = maxStreams }));

    protected override ValueTask<bool> FailOverAsync(ILogStore store)
    {
        ((InMemoryLogStore)store).NoteFailover();
        return ValueTask.FromResult(true);
    }
}
