using EventCluster.Conformance.Streams;
using EventCluster.Core.InMemory;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace EventCluster.Core.Tests;

/// <summary>The front door's suite on the local directory over the in-memory store.</summary>
public sealed class LocalStreamDirectoryConformanceTests : StreamDirectoryConformance
{
    private InMemoryLogStore? _store;

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        if (_store is not null)
        {
            await _store.DisposeAsync();
        }
    }

    protected override ValueTask<StreamDirectoryUnderTest> OpenDirectoryAsync(StreamDirectorySetup setup)
    {
        _store ??= new InMemoryLogStore(new InMemoryLogStoreOptions { MaxStreams = setup.MaxStreams });
        var options = new LocalStreamDirectoryOptions
        {
            RetentionDefaults = setup.RetentionDefaults,
            MaxProducersPerStream = setup.MaxProducersPerStream,
            ProducerIdleBeforeEviction = setup.ProducerIdleBeforeEviction,
            MaxParkedReadsPerStream = setup.MaxParkedReadsPerStream,
            MaxParkedReadsPerNode = setup.MaxParkedReadsPerNode,
        };
        var directory = new LocalStreamDirectory(
            _store, options, setup.Clock, new Random(1), NullLogger<LocalStreamDirectory>.Instance);
        directory.Start();
        return ValueTask.FromResult(new StreamDirectoryUnderTest(
            directory, () => directory.StopAsync(TestContext.Current.CancellationToken)));
    }
}
