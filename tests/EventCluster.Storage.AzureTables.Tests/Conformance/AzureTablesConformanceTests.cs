using EventCluster.Abstractions.Store;
using EventCluster.Conformance.Store;
using EventCluster.Storage.AzureTables.Tests.Servers;
using Microsoft.Extensions.Logging.Abstractions;

namespace EventCluster.Storage.AzureTables.Tests.Conformance;

/// <summary>The back door's suite on the emulator.</summary>
public sealed class AzureTablesConformanceTests(SharedServer shared) : LogStoreConformance
{
    private string? _table;

    /// <summary>A page of the service has 1,000 rows.</summary>
    protected override int ManyBlocks => 1_100;

    protected override async ValueTask<ILogStore> OpenStoreAsync(int maxStreams)
    {
        var options = shared.NewStore(maxStreams, _table);
        _table = options.Table;
        return await AzureTablesLogStore.OpenAsync(
            options, TimeProvider.System, NullLogger<AzureTablesLogStore>.Instance, Cancellation);
    }
}
