using EventCluster.Storage.PostgreSql.Commits;
using EventCluster.Storage.PostgreSql.Faults;
using EventCluster.Storage.PostgreSql.Maintenance;
using EventCluster.Storage.PostgreSql.Opening;
using EventCluster.Storage.PostgreSql.Schema;
using EventCluster.Storage.PostgreSql.Sessions;
using EventCluster.Storage.PostgreSql.Sql;
using Microsoft.Extensions.Logging;

namespace EventCluster.Storage.PostgreSql;

/// <content>The start: reach the database, check it, migrate it.</content>
public sealed partial class PostgreSqlLogStore
{
    private PostgreSqlLogStore(
        PostgreSqlOptions options, DataSources sources, StreamCounter counter, TimeProvider time, ILogger<PostgreSqlLogStore> logger)
    {
        (_options, _sources) = (options, sources);
        _statements = new Statements(options.Schema);
        _instruments = new PostgreSqlInstruments(time);
        _condition = new StoreCondition(logger);
        _guard = new StoreGuard(sources, _condition);
        _housekeeper = new Housekeeper(options, sources, _statements, counter, _condition, _guard, _instruments, time, logger);
        _opener = new StreamOpener(sources.Queries, options, time, _statements, _guard.AskAsync);
        _flusher = new CommitFlusher(
            options, sources.Commits, _statements, counter, _condition, _guard, new SessionCheck(time), _instruments);
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
        var sources = DataSources.Create(options, time, logger);
        try
        {
            var counter = new StreamCounter(options, new Statements(options.Schema));
            await PrepareAsync(options, sources, counter, time, logger, cancellationToken);
            var store = new PostgreSqlLogStore(options, sources, counter, time, logger);
            store._housekeeper.Start();
            if (options.ConnectsAtStart)
            {
                await store.WarmUpAsync(cancellationToken);
            }

            return store;
        }
        catch
        {
            await sources.DisposeAsync();
            throw;
        }
    }

    private async Task WarmUpAsync(CancellationToken cancellationToken)
    {
        try
        {
            await Task.WhenAll(_opener.WarmUpAsync(cancellationToken), _flusher.WarmUpAsync(cancellationToken));
        }
        catch (Exception e) when (FaultTable.IsOfDatabase(e))
        {
            // What is not there is made when it is needed.
        }
    }

    private static async Task PrepareAsync(
        PostgreSqlOptions options,
        DataSources sources,
        StreamCounter counter,
        TimeProvider time,
        ILogger logger,
        CancellationToken cancellationToken)
    {
        var isWaiting = false;
        while (true)
        {
            try
            {
                await sources.CheckPoolerAsync(cancellationToken);
                await new SchemaMigrator(sources.Queries, options).RunAsync(cancellationToken);
                if (options.Restored)
                {
                    await RestoredHistories.OpenAsync(sources.Queries, options.Schema, cancellationToken);
                }

                await sources.Timeline.BeginAsync(sources.Queries, cancellationToken);
                await counter.CountAsync(sources.Queries, cancellationToken);
                if (isWaiting)
                {
                    LogReached(logger);
                }

                return;
            }
            catch (Exception e) when (FaultTable.IsOfDatabase(e) && !FaultTable.Of(e).IsFinalAtStart)
            {
                if (!isWaiting)
                {
                    LogWaiting(logger, StoreCondition.Describe(e), options.RetryAfter.TotalSeconds);
                }

                isWaiting = true;
                sources.Drop();
            }
            catch (Exception e) when (FaultTable.IsOfDatabase(e) && e is not PostgreSqlUnusableException)
            {
                throw new PostgreSqlUnusableException($"PostgreSQL refuses: {StoreCondition.Describe(e)}", e);
            }

            await Task.Delay(options.RetryAfter, time, cancellationToken);
        }
    }
}
