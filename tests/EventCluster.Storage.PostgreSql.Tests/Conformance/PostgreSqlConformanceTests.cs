using EventCluster.Abstractions.Store;
using EventCluster.Conformance.Store;
using EventCluster.Storage.PostgreSql.Tests.Servers;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;

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

    /// <summary>As if everything had been written under the timeline before: the server's own only rises by a promotion.</summary>
    protected override async ValueTask<bool> FailOverAsync(ILogStore store)
    {
        await using var source = NpgsqlDataSource.Create(shared.Server.ConnectionString);
        await using var command = source.CreateCommand($"UPDATE {_schema}.streams SET timeline = timeline - 1");
        await command.ExecuteNonQueryAsync(Cancellation);
        return true;
    }
}
