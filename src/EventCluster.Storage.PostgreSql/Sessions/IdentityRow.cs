using EventCluster.Abstractions.Store;
using Npgsql;

namespace EventCluster.Storage.PostgreSql.Sessions;

/// <summary>The row of the identity, and the place of the database.</summary>
internal static class IdentityRow
{
    /// <summary>
    /// The server by the number that initdb drew, and the database by its oid: neither is in a dump. A file copy has both, and is
    /// known by proofs instead.
    /// </summary>
    public const string Medium =
        "(SELECT 'system identifier ' || s.system_identifier || ', database oid ' || d.oid "
        + "FROM pg_control_system() s, pg_database d WHERE d.datname = current_database())";

    /// <summary>The identity as text; null for none.</summary>
    public static string Id(string schema) => $"(SELECT replace(id::text, '-', '') FROM {schema}.identity)";

    /// <summary>Where a connection leads.</summary>
    public static async Task<string> ReadMediumAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand($"SELECT {Medium}", connection);
        return (string)(await command.ExecuteScalarAsync(cancellationToken))!;
    }

    /// <summary>The identity that the data carry; null for none.</summary>
    public static async Task<string?> ReadIdAsync(NpgsqlConnection connection, string schema, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand($"SELECT {Id(schema)}", connection);
        return await command.ExecuteScalarAsync(cancellationToken) as string;
    }

    /// <summary>The identity that the data carry, and where it was drawn; null for none.</summary>
    public static async Task<StoreIdentity?> ReadAsync(NpgsqlConnection connection, string schema, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand($"SELECT replace(id::text, '-', ''), medium FROM {schema}.identity", connection);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken) ? new StoreIdentity(reader.GetString(0), reader.GetString(1)) : null;
    }

    /// <summary>Writes an identity unless there is one; nodes that start at once all end with the same.</summary>
    public static async Task DrawAsync(NpgsqlConnection connection, string schema, string medium, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            $"INSERT INTO {schema}.identity (id, medium) VALUES ($1, $2) ON CONFLICT (one) DO NOTHING", connection);
        command.Parameters.AddWithValue(Guid.Parse(StoreIdentity.Draw(medium).Id));
        command.Parameters.AddWithValue(medium);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>The command that replaces it, for a transaction of the caller's.</summary>
    public static NpgsqlBatchCommand Renew(string schema, string medium)
    {
        var command = new NpgsqlBatchCommand(
            $"INSERT INTO {schema}.identity (id, medium) VALUES ($1, $2) "
            + "ON CONFLICT (one) DO UPDATE SET id = excluded.id, medium = excluded.medium, drawn_at = now()");
        command.Parameters.Add(new NpgsqlParameter { Value = Guid.Parse(StoreIdentity.Draw(medium).Id) });
        command.Parameters.Add(new NpgsqlParameter { Value = medium });
        return command;
    }
}
