using EventCluster.Abstractions.Store;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace EventCluster.Storage.PostgreSql.Sessions;

/// <summary>
/// Three pools, so that many slow readers keep neither a commit nor a confirmation waiting for a connection, and one connection that says
/// that this node is there. Each connection is checked when it is made.
/// </summary>
internal sealed class DataSources : IAsyncDisposable
{
    /// <summary>One for the question of the owners that is in flight, one for whoever asks beside them: the probe, the sweep.</summary>
    public const int ConfirmationConnections = 2;

    private const int StatementsPerConnection = 40;

    /// <summary>Kept open when they are idle: making one takes the database longer than what it is made for.</summary>
    private const int ConnectionsKept = 2;
    private const int UsesUntilPrepared = 2;

    private readonly PostgreSqlOptions _options;
    private readonly TimeProvider _time;
    private readonly IdentityGuard _identity;
    private long? _droppedAt;

    private DataSources(PostgreSqlOptions options, IdentityGuard identity, TimeProvider time, ILogger logger)
    {
        (_options, _identity, _time) = (options, identity, time);
        Timeline = new Timeline(options.Schema, logger);
        Queries = Create(options.MaxConnections);
        Commits = Create(options.CommitConnections);
        Confirmations = Create(ConfirmationConnections);
        Alive = Create(1, $"eventcluster {options.NodeName}");
    }

    /// <summary>Compared when a session begins.</summary>
    public Timeline Timeline { get; }

    /// <summary>Opens, reads, listings and housekeeping.</summary>
    public NpgsqlDataSource Queries { get; }

    /// <summary>The flusher's.</summary>
    public NpgsqlDataSource Commits { get; }

    /// <summary>Fences and versions of heads: small, and answers wait for them.</summary>
    public NpgsqlDataSource Confirmations { get; }

    /// <summary>
    /// The session's that lives as long as this node. Its name is what administrators see and what a refused restore says; PostgreSQL
    /// cuts it at 63 bytes.
    /// </summary>
    public NpgsqlDataSource Alive { get; }

    /// <summary>Makes the pools; nothing is connected yet.</summary>
    /// <exception cref="PostgreSqlUnusableException">The connection string cannot be understood.</exception>
    public static DataSources Create(PostgreSqlOptions options, IdentityGuard identity, TimeProvider time, ILogger logger)
    {
        try
        {
            return new DataSources(options, identity, time, logger);
        }
        catch (ArgumentException e)
        {
            throw new PostgreSqlUnusableException($"The connection string cannot be used: {e.Message}", e);
        }
    }

    /// <summary>
    /// Makes all connections anew and asks every host again: a session keeps the settings that it began with, and a pool
    /// keeps to a server that is not the primary any more. At most once per interval of probing.
    /// </summary>
    public void Drop()
    {
        lock (_options)
        {
            if (_droppedAt is { } at && _time.GetElapsedTime(at) < _options.RetryAfter)
            {
                return;
            }

            _droppedAt = _time.GetTimestamp();
        }

        Clear();
    }

    /// <summary>From now on every connection is a new one.</summary>
    public void Clear()
    {
        foreach (var source in new[] { Queries, Commits, Confirmations, Alive })
        {
            (source as NpgsqlMultiHostDataSource)?.ClearDatabaseStates();
            source.Clear();
        }
    }

    /// <summary>
    /// Two sessions at once, each of which must still be its own after the other began: a pooler that gives sessions out by
    /// transaction gives the second one the first one's, or the first one another.
    /// </summary>
    /// <exception cref="PostgreSqlUnusableException">It does.</exception>
    public async Task CheckPoolerAsync(CancellationToken cancellationToken)
    {
        await using var first = await Queries.OpenConnectionAsync(cancellationToken);
        await using var second = await Commits.OpenConnectionAsync(cancellationToken);
        await new SessionSetup(first).CheckAgainAsync(cancellationToken);
        await new SessionSetup(second).CheckAgainAsync(cancellationToken);
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        await Commits.DisposeAsync();
        await Queries.DisposeAsync();
        await Confirmations.DisposeAsync();
        await Alive.DisposeAsync();
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

    private async Task SetUpAsync(NpgsqlConnection connection)
    {
        await new SessionSetup(connection).RunAsync(Timeline);
        if (_identity.Expected is null)
        {
            return;
        }

        await using var command = new NpgsqlCommand($"SELECT {IdentityRow.Id(_options.Schema)}, {IdentityRow.Medium}", connection);
        await using var reader = await command.ExecuteReaderAsync();
        await reader.ReadAsync();
        if (_identity.Check(await reader.IsDBNullAsync(0) ? null : reader.GetString(0), reader.GetString(1)) is { } fault)
        {
            throw new PostgreSqlUnusableException(fault);
        }
    }

    private NpgsqlDataSource Create(int connections, string? name = null)
    {
        var text = ConnectionStrings.Parse(_options.ConnectionString);
        // A session that is given up takes its locks with it, so the one with a name has no pool.
        (text.Pooling, text.Multiplexing, text.Enlist, text.TcpKeepAlive) = (name is null, false, false, true);
        (text.MinPoolSize, text.MaxPoolSize) = (Math.Min(ConnectionsKept, connections), connections);
        text.CommandTimeout = Math.Max(1, (int)_options.CommandTimeout.TotalSeconds);
        text.Timeout = Math.Max(1, (int)_options.ConnectTimeout.TotalSeconds);

        // A session's settings are the store's own and stay; no other program uses its connections.
        text.NoResetOnClose = true;
        text.ApplicationName = name ?? text.ApplicationName ?? "eventcluster";

        // An operator who forbids prepared statements, for a pooler that cannot keep them, has the last word.
        if (!text.ShouldSerialize("Max Auto Prepare"))
        {
            (text.MaxAutoPrepare, text.AutoPrepareMinUsages) = (StatementsPerConnection, UsesUntilPrepared);
        }

        var builder = new NpgsqlDataSourceBuilder(text.ConnectionString);
        builder.UsePhysicalConnectionInitializer(
            static _ => throw new NotSupportedException("The store opens its connections asynchronously."),
            SetUpAsync);
        return builder.Build();
    }
}
