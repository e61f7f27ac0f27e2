using Npgsql;

namespace EventCluster.Storage.PostgreSql.Sessions;

/// <summary>
/// What a session must be before it is used, made and checked once when it begins: on a server that takes writes, flushing
/// its commits, and this connection's alone.
/// </summary>
internal readonly struct SessionSetup(NpgsqlConnection connection)
{
    // What the server was configured with, whatever this session was told since.
    private const string ConfiguredFlush = "(SELECT reset_val FROM pg_settings WHERE name = 'synchronous_commit')";

    private const string Look =
        $"""
        SELECT pg_is_in_recovery(), current_setting('transaction_read_only'), {ConfiguredFlush},
          CASE WHEN pg_is_in_recovery() THEN NULL ELSE {Timeline.Current} END
        """;

    // A node that vanished inside a transaction must not keep rows locked until the system's hours of patience end. And a
    // configuration that is loaded again must not decide what an acknowledged commit survives: on, unless it is stricter.
    private const string Prepare =
        $"""
        SELECT set_config('tcp_keepalives_idle', '5', false), set_config('tcp_keepalives_interval', '2', false),
          set_config('tcp_keepalives_count', '3', false),
          set_config('synchronous_commit', CASE {ConfiguredFlush} WHEN 'remote_apply' THEN 'remote_apply' ELSE 'on' END, false),
          set_config('eventcluster.session', $1, false)
        """;

    private const string LookAgain = $"SELECT {ConfiguredFlush}, current_setting('eventcluster.session', true)";

    /// <summary>Makes and checks.</summary>
    /// <param name="timeline">The store's.</param>
    /// <exception cref="PostgreSqlUnusableException">The database has settings that no store can work with.</exception>
    /// <exception cref="NpgsqlException">This server takes no writes now; a different server, or this one later, may.</exception>
    public async Task RunAsync(Timeline timeline)
    {
        bool isOther;
        await using (var batch = NewBatch(timeline))
        await using (var reader = await batch.ExecuteReaderAsync())
        {
            await reader.ReadAsync();
            isOther = Check(reader);
        }

        if (isOther)
        {
            await timeline.AdoptAsync(connection, CancellationToken.None);
        }
    }

    /// <summary>Checks a session in use: a configuration may have been loaded again, a pooler may have given another session.</summary>
    /// <exception cref="PostgreSqlUnusableException">It must not be used.</exception>
    public async Task CheckAgainAsync(CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(LookAgain, connection);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        CheckFlush(reader.GetString(0));
        if (await reader.IsDBNullAsync(1, cancellationToken) || reader.GetString(1) != Identity)
        {
            throw new PostgreSqlUnusableException(
                "A pooler between this node and PostgreSQL changes the session between two transactions (pool_mode=transaction of "
                + "PgBouncer, for example); set pool_mode=session for this database, or connect to PostgreSQL itself.");
        }
    }

    // What the server, or a pooler in between, called this connection when it was made.
    private string Identity => $"{connection.ProcessID}";

    private NpgsqlBatch NewBatch(Timeline timeline)
    {
        var batch = new NpgsqlBatch(connection);
        batch.BatchCommands.Add(new NpgsqlBatchCommand($"{Look}, {timeline.Noted}, current_setting('default_transaction_read_only')"));

        // A pooler that does not reset its sessions hands over the statements that another client prepared.
        batch.BatchCommands.Add(new NpgsqlBatchCommand("DEALLOCATE ALL"));
        batch.BatchCommands.Add(new NpgsqlBatchCommand(Prepare) { Parameters = { new NpgsqlParameter { Value = Identity } } });
        return batch;
    }

    /// <summary>True when the server's timeline differs from the one that the store has noted.</summary>
    private static bool Check(NpgsqlDataReader row)
    {
        // A transaction that began while a standby was promoted is read-only, though the server is a primary by now.
        var (isReadOnly, isSetSo) = (row.GetString(1) == "on", row.GetString(5) == "on");
        if (row.GetBoolean(0) || (isReadOnly && !isSetSo))
        {
            throw new NpgsqlException("the server is a standby and takes no writes (SQLSTATE 25006)");
        }

        if (isReadOnly)
        {
            throw new PostgreSqlUnusableException(
                "The database takes no writes (SQLSTATE 25006): default_transaction_read_only is on for it, its server or this role.");
        }

        CheckFlush(row.GetString(2));
        return !row.IsDBNull(4) && row.GetInt64(3) != row.GetInt64(4);
    }

    private static void CheckFlush(string configured)
    {
        if (configured == "off")
        {
            throw new PostgreSqlUnusableException(
                "The database has synchronous_commit=off and loses acknowledged events with the power; set it to on, or "
                + "add Options=-c synchronous_commit=on to the connection string.");
        }
    }
}
