using EventCluster.Benchmarks.Http;
using EventCluster.Benchmarks.Running;
using EventCluster.Storage.PostgreSql;
using EventCluster.TestKit.Servers;
using Microsoft.Extensions.Logging.Abstractions;

namespace EventCluster.Benchmarks.Store;

/// <summary>The lowest rung of a cluster: commits per second into PostgreSQL, flushed, by how many streams commit at once.</summary>
public sealed class PostgreSqlBenchmark : IBenchmark
{
    /// <inheritdoc />
    public string Name => "postgres";

    /// <inheritdoc />
    public string Summary => "flushed commits per second into PostgreSQL from 1, 16, 100 and 1,000 streams at once";

    /// <inheritdoc />
    public async Task RunAsync(BenchmarkContext context)
    {
        await using var server = await PostgreSqlServer.StartAsync();
        if (server.Missing is { } missing)
        {
            context.Report.Note(missing);
            return;
        }

        var options = new PostgreSqlOptions
        {
            ConnectionString = server.ConnectionString,
            CommitConnections = context.Settings.Size("connections", 2, 2),
        };
        await using var store = await PostgreSqlLogStore.OpenAsync(
            options, TimeProvider.System, NullLogger<PostgreSqlLogStore>.Instance, CancellationToken.None);
        foreach (var streams in new[] { 1, 16, 100, context.Settings.Size("most", 1000, 128) })
        {
            var writers = new StoreWriter[streams];
            for (var i = 0; i < streams; i++)
            {
                writers[i] = await StoreWriter.CreateAsync(store, $"{streams}/{i}", Payloads.Event(0));
            }

            await context.MeasureAsync($"PostgreSQL, {streams} streams", _ => ClosedLoop.RunAsync(
                streams, context.Settings.Round, caller => new ValueTask(writers[caller].AppendAsync(1))));
        }

        context.Report.Note($"{Payloads.EventBytes}-byte events, one per commit; server and generator share the machine.");
    }
}
