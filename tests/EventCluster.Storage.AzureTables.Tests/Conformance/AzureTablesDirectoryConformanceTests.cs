using EventCluster.Conformance.Streams;
using EventCluster.Core;
using EventCluster.Storage.AzureTables.Tests.Servers;
using Microsoft.Extensions.Logging.Abstractions;

namespace EventCluster.Storage.AzureTables.Tests.Conformance;

/// <summary>The front door's suite on the local directory over the emulator.</summary>
public sealed class AzureTablesDirectoryConformanceTests(SharedServer shared) : StreamDirectoryConformance
{
    private AzureTablesLogStore? _store;

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        if (_store is not null)
        {
            await _store.DisposeAsync();
        }
    }

    protected override async ValueTask<StreamDirectoryUnderTest> OpenDirectoryAsync(StreamDirectorySetup setup)
    {
        _store ??= await AzureTablesLogStore.OpenAsync(
            shared.NewStore(setup.MaxStreams), TimeProvider.System, NullLogger<AzureTablesLogStore>.Instance, Cancellation);
        var options = new LocalStreamDirectoryOptions
        {
            MaxAppendBytes = AzureTablesLogStore.MaxAppendBytes,
            RetentionDefaults = setup.RetentionDefaults,
            MaxProducersPerStream = setup.MaxProducersPerStream,
            ProducerIdleBeforeEviction = setup.ProducerIdleBeforeEviction,
            MaxParkedReadsPerStream = setup.MaxParkedReadsPerStream,
            MaxParkedReadsPerNode = setup.MaxParkedReadsPerNode,
        };
        var directory = new LocalStreamDirectory(
            _store, options, setup.Clock, new Random(1), NullLogger<LocalStreamDirectory>.Instance);
        directory.Start();
        return new StreamDirectoryUnderTest(directory, () => directory.StopAsync(Cancellation));
    }
}
