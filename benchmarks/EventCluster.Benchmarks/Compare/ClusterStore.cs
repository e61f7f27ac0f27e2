using EventCluster.Benchmarks.Running;
using EventCluster.TestKit.Servers;
using Npgsql;

namespace EventCluster.Benchmarks.Compare;

/// <summary>The PostgreSQL server that both clusters use, each with a database of its own.</summary>
public sealed class ClusterStore : IAsyncDisposable
{
    private readonly PostgreSqlServer _server;
    private int _databases;

    private ClusterStore(PostgreSqlServer server) => _server = server;

    /// <summary>The server's main process, on this machine.</summary>
    public int ProcessId =>
        int.Parse(File.ReadLines(Path.Combine(_server.Folder, "data", "postmaster.pid")).First());

    /// <summary>Starts one, or uses the one of <c>--set postgres=FOLDER</c> (a folder of <c>infra/postgres.sh</c>), which goes on afterwards.</summary>
    /// <exception cref="SettingsException">PostgreSQL is not installed, or does not start.</exception>
    public static async Task<ClusterStore> StartAsync(BenchmarkSettings settings)
    {
        try
        {
            var server = settings.Sizes.TryGetValue("postgres", out var folder)
                ? await PostgreSqlServer.UseAsync(folder)
                : await PostgreSqlServer.StartAsync();
            return server.Missing is { } missing ? throw new SettingsException($"The rows of the cluster need PostgreSQL: {missing}") : new ClusterStore(server);
        }
        catch (InvalidOperationException e)
        {
            throw new SettingsException(e.Message);
        }
    }

    /// <summary>Makes an empty database; returns how to reach it.</summary>
    public async Task<string> CreateAsync()
    {
        var name = $"compare_{Environment.ProcessId}_{++_databases}";
        await RunAsync($"CREATE DATABASE {name}");
        return new NpgsqlConnectionStringBuilder(_server.ConnectionString) { Database = name }.ConnectionString;
    }

    /// <summary>Removes what <see cref="CreateAsync"/> made.</summary>
    public Task DropAsync(string connectionString) =>
        RunAsync($"DROP DATABASE IF EXISTS {new NpgsqlConnectionStringBuilder(connectionString).Database} WITH (FORCE)");

    /// <inheritdoc />
    public ValueTask DisposeAsync() => _server.DisposeAsync();

    private async Task RunAsync(string statement)
    {
        await using var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(_server.ConnectionString) { Pooling = false }.ConnectionString);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(statement, connection);
        await command.ExecuteNonQueryAsync();
    }
}
