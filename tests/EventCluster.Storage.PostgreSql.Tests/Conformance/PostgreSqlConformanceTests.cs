using EventCluster.Abstractions.Store;
using EventCluster.Conformance.Store;
using EventCluster.Storage.PostgreSql.Tests.Servers;
using Microsoft.Extensions.Logging.Abstractions;

namespace EventCluster.Storage.PostgreSql.Tests.Conformance;

/// <summary>The back door's suite on a real server.</summary>
public sealed class PostgreSqlConformanceTests(SharedServer shared) : LogStoreConformance
{
    private string? _schema;

    protected override async ValueTask<ILogStore> OpenStoreAsync(int maxStreams)
    {
        var options = shared.NewStore(maxStreams, _schema);
        _schema = options.Schema;
        return await PostgreSqlLogStore.OpenAsync(
            options, TimeProvider.System, NullLogger<PostgreSqlLogStore>.Instance, Cancellation);
    }
}
