using Npgsql;

namespace EventCluster.Storage.PostgreSql.Identity;

/// <summary>
/// The session's advisory lock that says that a node uses this schema of this database: all nodes share it, <c>--restored</c>
/// wants it alone. A server keeps such locks in memory for as long as the session lasts, so no copy of the data carries one.
/// </summary>
internal static class AliveLock
{
    /// <summary>Takes it beside other nodes.</summary>
    /// <returns>False while the database is being restored.</returns>
    public static Task<bool> TryShareAsync(NpgsqlConnection connection, string schema, CancellationToken cancellationToken) =>
        TryAsync(connection, $"SELECT pg_try_advisory_lock_shared({Key(schema)})", cancellationToken);

    /// <summary>Takes it alone.</summary>
    /// <returns>False while another session has it.</returns>
    public static Task<bool> TryTakeAsync(NpgsqlConnection connection, string schema, CancellationToken cancellationToken) =>
        TryAsync(connection, $"SELECT pg_try_advisory_lock({Key(schema)})", cancellationToken);

    /// <summary>From alone to beside others, without a moment in between.</summary>
    public static Task<bool> BeginToShareAsync(NpgsqlConnection connection, string schema, CancellationToken cancellationToken) =>
        TryAsync(
            connection,
            $"SELECT pg_try_advisory_lock_shared({Key(schema)}) AND pg_advisory_unlock({Key(schema)})",
            cancellationToken);

    /// <summary>The nodes that have it, by the name that their session carries.</summary>
    public static async Task<IReadOnlyList<string>> ListAsync(
        NpgsqlConnection connection, string schema, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            $"""
            SELECT DISTINCT coalesce(nullif(a.application_name, ''), 'a session without a name')
              || coalesce(' at ' || host(a.client_addr), '') || ' (server process ' || l.pid || ')'
            FROM pg_locks l LEFT JOIN pg_stat_activity a ON a.pid = l.pid
            WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1 AND l.pid <> pg_backend_pid()
              AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
              AND (l.classid::bigint << 32) | l.objid::bigint = {Key(schema)}
            """,
            connection);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        List<string> nodes = [];
        while (await reader.ReadAsync(cancellationToken))
        {
            nodes.Add(reader.GetString(0));
        }

        nodes.Sort(StringComparer.Ordinal);
        return nodes;
    }

    private static string Key(string schema) => $"hashtextextended('{schema}.alive', 0)";

    private static async Task<bool> TryAsync(NpgsqlConnection connection, string sql, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        return await command.ExecuteScalarAsync(cancellationToken) is true;
    }
}
