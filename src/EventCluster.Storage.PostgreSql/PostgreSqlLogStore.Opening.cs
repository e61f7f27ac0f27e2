using EventCluster.Abstractions.Store;
using EventCluster.Storage.PostgreSql.Commits;
using EventCluster.Storage.PostgreSql.Faults;
using EventCluster.Storage.PostgreSql.Identity;
using EventCluster.Storage.PostgreSql.Maintenance;
using EventCluster.Storage.PostgreSql.Opening;
using EventCluster.Storage.PostgreSql.Sessions;
using EventCluster.Storage.PostgreSql.Sql;
using Microsoft.Extensions.Logging;

namespace EventCluster.Storage.PostgreSql;

/// <content>The start: reach the database, check it, migrate it.</content>
public sealed partial class PostgreSqlLogStore
{
    private PostgreSqlLogStore(
        PostgreSqlOptions options,
        DataSources sources,
        IdentityGuard identity,
        AliveSession alive,
        StreamCounter counter,
        TimeProvider time,
        ILogger<PostgreSqlLogStore> logger)
    {
        (_options, _sources, _identity, _alive) = (options, sources, identity, alive);
        _proofs = new Proofs(sources.Queries, options.Schema);
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
        var identity = new IdentityGuard($"The schema '{options.Schema}'");
        var sources = DataSources.Create(options, identity, time, logger);
        var alive = new AliveSession(sources.Alive, options, identity, time);
        try
        {
            var counter = new StreamCounter(options, new Statements(options.Schema));
            await PrepareAsync(new StoreStart(options, identity, time), alive, options, sources, counter, time, logger, cancellationToken);
            LogIdentity(logger, identity.Expected!.Id, identity.Expected.Medium);
            var store = new PostgreSqlLogStore(options, sources, identity, alive, counter, time, logger);
            alive.Watch();
            store._housekeeper.Start();
            if (options.ConnectsAtStart)
            {
                await store.WarmUpAsync(cancellationToken);
            }

            return store;
        }
        catch
        {
            await alive.DisposeAsync();
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
        StoreStart start,
        AliveSession alive,
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
            string reason;
            try
            {
                await sources.CheckPoolerAsync(cancellationToken);
                if (await start.TryRunAsync(await alive.ConnectAsync(cancellationToken), cancellationToken))
                {
                    // What was connected before the identity was known was not compared with it.
                    sources.Clear();
                    await sources.Timeline.BeginAsync(sources.Queries, cancellationToken);
                    await counter.CountAsync(sources.Queries, cancellationToken);
                    if (isWaiting)
                    {
                        LogReached(logger);
                    }

                    return;
                }

                reason = "another node has the schema alone: it restores it, or has just been refused to.";
            }
            catch (Exception e) when (FaultTable.IsOfDatabase(e) && !FaultTable.Of(e).IsFinalAtStart)
            {
                reason = StoreCondition.Describe(e);
                sources.Drop();
            }
            catch (Exception e) when (FaultTable.IsOfDatabase(e) && e is not PostgreSqlUnusableException)
            {
                throw new PostgreSqlUnusableException($"PostgreSQL refuses: {StoreCondition.Describe(e)}", e);
            }

            if (!isWaiting)
            {
                LogWaiting(logger, reason, options.RetryAfter.TotalSeconds);
            }

            isWaiting = true;
            await alive.DropAsync();
            await Task.Delay(options.RetryAfter, time, cancellationToken);
        }
    }
}
