using EventCluster.Storage.PostgreSql.Commits;
using EventCluster.Storage.PostgreSql.Maintenance;
using EventCluster.Storage.PostgreSql.Opening;
using EventCluster.Storage.PostgreSql.Schema;
using EventCluster.Storage.PostgreSql.Sql;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace EventCluster.Storage.PostgreSql;

/// <content>The start: reach the database, check it, migrate it.</content>
public sealed partial class PostgreSqlLogStore
{
    private PostgreSqlLogStore(
        PostgreSqlOptions options, DataSources sources, TimeProvider time, ILogger<PostgreSqlLogStore> logger)
    {
        (_options, _queries, _commits) = (options, sources.Queries, sources.Commits);
        _statements = new Statements(options.Schema);
        _instruments = new PostgreSqlInstruments(time);
        _condition = new StoreCondition(logger);
        var counter = new StreamCounter(options, _statements);
        _housekeeper = new Housekeeper(options, _queries, _statements, counter, _condition, _instruments, time, logger);
        _opener = new StreamOpener(_queries, options.MaxConnections, _statements, GuardAsync);
        _flusher = new CommitFlusher(options, _commits, _statements, counter, _condition, _instruments);
    }

    /// <summary>
    /// Opens the store of a database, making or migrating its schema. While the database cannot be reached it is tried
    /// again until the token ends the wait; the log says so once.
    /// </summary>
    /// <exception cref="PostgreSqlUnusableException">
    /// The database answers but cannot be this store: no access, a newer schema, another cluster, settings that lose data.
    /// </exception>
    public static async Task<PostgreSqlLogStore> OpenAsync(
        PostgreSqlOptions options,
        TimeProvider time,
        ILogger<PostgreSqlLogStore> logger,
        CancellationToken cancellationToken)
    {
        PostgreSqlOptions.Check(options);
        var sources = DataSources.Create(options);
        try
        {
            await PrepareAsync(options, sources.Queries, time, logger, cancellationToken);
            var store = new PostgreSqlLogStore(options, sources, time, logger);
            await store._housekeeper.StartAsync(cancellationToken);
            if (options.ConnectsAtStart)
            {
                await store.WarmUpAsync(cancellationToken);
            }

            return store;
        }
        catch
        {
            await sources.Queries.DisposeAsync();
            await sources.Commits.DisposeAsync();
            throw;
        }
    }

    private async Task WarmUpAsync(CancellationToken cancellationToken)
    {
        try
        {
            await Task.WhenAll(_opener.WarmUpAsync(cancellationToken), _flusher.WarmUpAsync(cancellationToken));
        }
        catch (NpgsqlException)
        {
            // What is not there is made when it is needed.
        }
    }

    private static async Task PrepareAsync(
        PostgreSqlOptions options, NpgsqlDataSource source, TimeProvider time, ILogger logger, CancellationToken cancellationToken)
    {
        var isWaiting = false;
        while (true)
        {
            try
            {
                await new SchemaMigrator(source, options).RunAsync(cancellationToken);
                if (options.Restored)
                {
                    await RestoredHistories.OpenAsync(source, options.Schema, cancellationToken);
                }

                if (isWaiting)
                {
                    LogReached(logger);
                }

                return;
            }
            catch (NpgsqlException e) when (IsPassing(e))
            {
                if (!isWaiting)
                {
                    LogWaiting(logger, StoreCondition.Describe(e), options.RetryAfter.TotalSeconds);
                }

                isWaiting = true;
            }
            catch (PostgresException e)
            {
                throw new PostgreSqlUnusableException($"PostgreSQL refuses: {e.MessageText} (SQLSTATE {e.SqlState}).", e);
            }

            await Task.Delay(options.RetryAfter, time, cancellationToken);
        }
    }

    /// <summary>True for a fault that an operator does not have to do anything about at this node.</summary>
    private static bool IsPassing(NpgsqlException exception) => exception is not PostgresException { IsTransient: false };
}
