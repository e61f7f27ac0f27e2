using Npgsql;

namespace EventCluster.Storage.PostgreSql.Identity;

/// <summary>The values by which two nodes find out that they use one database.</summary>
internal sealed class Proofs(NpgsqlDataSource source, string schema)
{
    /// <summary>A handshake is over long before.</summary>
    private const string Lifetime = "10 minutes";

    // Nothing waits for the disk, and what was left behind by silos that died goes with the next that is written.
    private readonly string _write =
        $"WITH swept AS (DELETE FROM {schema}.proofs WHERE written_at < now() - interval '{Lifetime}') "
        + $"INSERT INTO {schema}.proofs (value) VALUES ($1) ON CONFLICT (value) DO NOTHING";

    private readonly string _find = $"SELECT EXISTS (SELECT FROM {schema}.proofs WHERE value = $1)";

    private readonly string _remove = $"DELETE FROM {schema}.proofs WHERE value = $1";

    public async Task<int> WriteAsync(Guid value, CancellationToken cancellationToken)
    {
        await using var command = Command(_write, value);
        return await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>Null where the server is a replica, which cannot say.</summary>
    public async Task<bool?> FindAsync(Guid value, CancellationToken cancellationToken)
    {
        await using var command = Command(_find, value);
        try
        {
            return await command.ExecuteScalarAsync(cancellationToken) is true;
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.FeatureNotSupported)
        {
            // A server in recovery has no unlogged tables.
            return null;
        }
    }

    public async Task<int> RemoveAsync(Guid value, CancellationToken cancellationToken)
    {
        await using var command = Command(_remove, value);
        return await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private NpgsqlCommand Command(string sql, Guid value)
    {
        var command = source.CreateCommand(sql);
        command.Parameters.Add(new NpgsqlParameter { Value = value });
        return command;
    }
}
