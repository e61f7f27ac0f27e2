using Npgsql;

namespace EventCluster.Storage.PostgreSql.Schema;

/// <summary>Brings the database to the schema of this build, or says why it cannot be used.</summary>
internal sealed class SchemaMigrator(NpgsqlConnection connection, PostgreSqlOptions options)
{
    private const int OldestServer = 140_000;

    /// <summary>Migrates a server that was checked; nodes that start together take turns.</summary>
    /// <exception cref="PostgreSqlUnusableException">The database cannot be this store.</exception>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await ExecuteAsync(
            $"SELECT pg_advisory_xact_lock(hashtextextended('{options.Schema}.migrate', 0))", cancellationToken);
        if (await ReadAsync(cancellationToken) is { } found)
        {
            Check(found);
            await MigrateAsync(found, cancellationToken);
        }
        else
        {
            await CreateAsync(cancellationToken);
        }

        await transaction.CommitAsync(cancellationToken);
    }

    /// <summary>Checks the server.</summary>
    /// <exception cref="PostgreSqlUnusableException">It cannot have this store.</exception>
    public async Task CheckServerAsync(CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            "SELECT current_setting('server_version_num')::int, current_setting('server_encoding'), current_setting('fsync')",
            connection);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        if (reader.GetInt32(0) < OldestServer)
        {
            throw new PostgreSqlUnusableException(
                $"PostgreSQL {connection.PostgreSqlVersion} is too old; version {OldestServer / 10_000} or newer is needed.");
        }

        if (reader.GetString(1) is var encoding && encoding != "UTF8")
        {
            throw new PostgreSqlUnusableException(
                $"The database '{connection.Database}' has the encoding {encoding}; stream names need UTF8.");
        }

        if (reader.GetString(2) == "off")
        {
            throw new PostgreSqlUnusableException(
                "The server runs with fsync=off and loses acknowledged events with the power; set fsync=on.");
        }
    }

    private async Task<SchemaVersion?> ReadAsync(CancellationToken cancellationToken)
    {
        if (!await ExistsAsync("pg_tables WHERE tablename = 'store' AND schemaname = $1", cancellationToken))
        {
            return null;
        }

        await using var command = new NpgsqlCommand(
            $"SELECT version, oldest_binary, cluster_id FROM {options.Schema}.store", connection);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken)
            ? new SchemaVersion(reader.GetInt32(0), reader.GetInt32(1), reader.GetString(2))
            : throw new PostgreSqlUnusableException($"The schema '{options.Schema}' has an empty table 'store'; it is damaged.");
    }

    private void Check(SchemaVersion found)
    {
        if (found.ClusterId != options.ClusterId)
        {
            throw new PostgreSqlUnusableException(
                $"The schema '{options.Schema}' belongs to the cluster '{found.ClusterId}', and this node is of '{options.ClusterId}'; "
                + "name that cluster with EventCluster:PostgreSql:ClusterId, or give each cluster a database or a schema of its own.");
        }

        // The next version is made so that this one still works beside it; what comes after that is unknown.
        if (found.OldestBinary > Migrations.Newest || found.Version > Migrations.Newest + 1)
        {
            throw new PostgreSqlUnusableException(
                $"The schema '{options.Schema}' has version {found.Version}, and this build supports 1 to {Migrations.Newest + 1}; "
                + "start a newer version of EventCluster.");
        }
    }

    private async Task CreateAsync(CancellationToken cancellationToken)
    {
        if (!await ExistsAsync("pg_namespace WHERE nspname = $1", cancellationToken))
        {
            // Only then: who was given a schema may not be allowed to make one.
            await ExecuteAsync($"CREATE SCHEMA {options.Schema}", cancellationToken);
        }

        await ExecuteAsync(
            $"""
            CREATE TABLE {options.Schema}.store (
              one boolean PRIMARY KEY DEFAULT true CHECK (one),
              version integer NOT NULL,
              oldest_binary integer NOT NULL,
              cluster_id text NOT NULL);
            """,
            cancellationToken);
        await using var insert = new NpgsqlCommand(
            $"INSERT INTO {options.Schema}.store (version, oldest_binary, cluster_id) VALUES (0, 0, $1)", connection);
        insert.Parameters.AddWithValue(options.ClusterId);
        await insert.ExecuteNonQueryAsync(cancellationToken);
        await MigrateAsync(new SchemaVersion(0, 0, options.ClusterId), cancellationToken);
    }

    private async Task MigrateAsync(SchemaVersion from, CancellationToken cancellationToken)
    {
        if (from.Version >= Migrations.Newest)
        {
            return;
        }

        foreach (var migration in Migrations.All(options.Schema).Skip(from.Version))
        {
            await ExecuteAsync(migration, cancellationToken);
        }

        await ExecuteAsync(
            $"UPDATE {options.Schema}.store SET version = {Migrations.Newest}, oldest_binary = {Migrations.OldestBinary}",
            cancellationToken);
    }

    private async Task<bool> ExistsAsync(string what, CancellationToken cancellationToken)
    {
        // Not to_regclass: behind the lock it may still answer from what this session's cache saw before.
        await using var command = new NpgsqlCommand($"SELECT EXISTS (SELECT FROM {what})", connection);
        command.Parameters.AddWithValue(options.Schema);
        return await command.ExecuteScalarAsync(cancellationToken) is true;
    }

    private async Task ExecuteAsync(string sql, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }
}
