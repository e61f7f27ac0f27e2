using Npgsql;

namespace EventCluster.Storage.PostgreSql;

/// <summary>Two pools: many slow readers never keep a commit waiting for a connection.</summary>
/// <param name="Queries">Opens, reads, listings and housekeeping.</param>
/// <param name="Commits">The flusher's.</param>
internal sealed record DataSources(NpgsqlDataSource Queries, NpgsqlDataSource Commits)
{
    private const int StatementsPerConnection = 40;
    /// <summary>Kept open when they are idle: making one takes the database longer than what it is made for.</summary>
    private const int ConnectionsKept = 2;
    private const int UsesUntilPrepared = 2;

    // A node that vanished inside a transaction must not keep rows locked until the system's hours of patience end.
    private const string DurabilityQuery =
        "SELECT current_setting('synchronous_commit'), set_config('tcp_keepalives_idle', '5', false), "
        + "set_config('tcp_keepalives_interval', '2', false), set_config('tcp_keepalives_count', '3', false)";

    /// <summary>Makes the pools; nothing is connected yet.</summary>
    /// <exception cref="PostgreSqlUnusableException">The connection string cannot be understood.</exception>
    public static DataSources Create(PostgreSqlOptions options) =>
        new(Create(options, options.MaxConnections), Create(options, options.CommitConnections));

    private static NpgsqlDataSource Create(PostgreSqlOptions options, int connections)
    {
        try
        {
            var text = new NpgsqlConnectionStringBuilder(options.ConnectionString)
            {
                Pooling = true,
                MinPoolSize = Math.Min(ConnectionsKept, connections),
                MaxPoolSize = connections,
                Multiplexing = false,
                Enlist = false,
                CommandTimeout = Math.Max(1, (int)options.CommandTimeout.TotalSeconds),
                Timeout = Math.Max(1, (int)options.ConnectTimeout.TotalSeconds),
                MaxAutoPrepare = StatementsPerConnection,
                AutoPrepareMinUsages = UsesUntilPrepared,
                NoResetOnClose = true,
                TcpKeepAlive = true,
            };
            text.ApplicationName ??= "eventcluster";
            var builder = new NpgsqlDataSourceBuilder(text.ConnectionString);
            builder.UsePhysicalConnectionInitializer(Check, CheckAsync);
            return builder.Build();
        }
        catch (ArgumentException e)
        {
            throw new PostgreSqlUnusableException($"The connection string cannot be used: {e.Message}", e);
        }
    }

    /// <summary>Opens a number of connections, and uses each as often as a statement needs to be prepared.</summary>
    public static async Task WarmUpAsync(
        NpgsqlDataSource source, int connections, Func<NpgsqlConnection, Task> use, CancellationToken cancellationToken)
    {
        List<NpgsqlConnection> opened = [];
        try
        {
            while (opened.Count < connections)
            {
                opened.Add(await source.OpenConnectionAsync(cancellationToken));
            }

            await Task.WhenAll(opened.Select(async connection =>
            {
                for (var i = 0; i < UsesUntilPrepared; i++)
                {
                    await use(connection);
                }
            }));
        }
        finally
        {
            foreach (var connection in opened)
            {
                await connection.DisposeAsync();
            }
        }
    }

    /// <summary>Each connection anew, because the setting may change while the store is open.</summary>
    private static async Task CheckAsync(NpgsqlConnection connection)
    {
        await using var command = new NpgsqlCommand(DurabilityQuery, connection);
        Check(await command.ExecuteScalarAsync());
    }

    private static void Check(NpgsqlConnection connection)
    {
        using var command = new NpgsqlCommand(DurabilityQuery, connection);
        Check(command.ExecuteScalar());
    }

    private static void Check(object? setting)
    {
        if (setting is "off")
        {
            throw new PostgreSqlUnusableException(
                "The database has synchronous_commit=off and loses acknowledged events with the power; set it to on, or "
                + "add Options=-c synchronous_commit=on to the connection string.");
        }
    }
}
