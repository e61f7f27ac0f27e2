using EventCluster.Abstractions.Store;
using EventCluster.Storage.AzureTables.Identity;
using EventCluster.Storage.AzureTables.Index;
using EventCluster.Storage.AzureTables.Maintenance;
using EventCluster.Storage.AzureTables.Numbers;
using EventCluster.Storage.AzureTables.Schema;
using EventCluster.Storage.AzureTables.Tables;
using Microsoft.Extensions.Logging;

namespace EventCluster.Storage.AzureTables;

/// <content>The start: reach the service, make the tables, check whose they are.</content>
public sealed partial class AzureTablesLogStore
{
    private AzureTablesLogStore(
        AzureTablesOptions options,
        TableSet tables,
        StoreCondition condition,
        TimeProvider time,
        ILogger<AzureTablesLogStore> logger)
    {
        (_options, _tables, _condition, _time, _logger) = (options, tables, condition, time, logger);
        _guard = new IdentityGuard($"The table '{options.Table}'");
        _stamps = new AliveStamps(tables.Streams, options, time);
        _alive = new AliveWatch(_stamps, new IdentityEntity(tables), _guard, options, time);
        _proofs = new Proofs(tables.Streams, time);
        _instruments = new AzureTablesInstruments(time);
        _catalogue = new CatalogueIndex(tables.Index);
        _due = new TimedIndex(tables.Index, DueKind);
        _sweep = new TimedIndex(tables.Index, SweepKind);
        _leftovers = new Leftovers(tables.Index);
        _incarnations = new IncarnationCounter(tables.Streams);
        _floor = new FenceFloor(tables.Streams);
        _counter = new StreamCounter(options, _catalogue);
        _notes = new SweepNotes(options.SweepDelay);
        var sweeper = new Sweeper(tables, _sweep, _floor, options, time, _instruments);
        _housekeeper = new Housekeeper(options, tables.Streams, sweeper, _counter, condition, time, logger);
    }

    /// <summary>
    /// Opens the store of an account's tables, making them when they are missing. While the service cannot be reached it is
    /// tried again until the token ends the wait; the log says so once.
    /// </summary>
    /// <exception cref="AzureTablesUnusableException">
    /// The service answers but the tables cannot be this store: no access, a newer layout, another cluster.
    /// </exception>
    public static async Task<AzureTablesLogStore> OpenAsync(
        AzureTablesOptions options,
        TimeProvider time,
        ILogger<AzureTablesLogStore> logger,
        CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(options);
        AzureTablesOptions.Check(options);
        var condition = new StoreCondition(logger);
        var tables = TableSet.Create(options, condition);
        try
        {
            var format = new StoreFormat(tables, options);
            var earlier = new EarlierSilos(tables.Members, options, time);
            await UntilDoneAsync(cancelled => format.PrepareAsync(earlier.RefuseAsync, cancelled), options, time, logger, cancellationToken);
        }
        catch
        {
            tables.Dispose();
            throw;
        }

        var store = new AzureTablesLogStore(options, tables, condition, time, logger);
        try
        {
            await UntilDoneAsync(store.DecideAsync, options, time, logger, cancellationToken);
            await store._housekeeper.StartAsync(cancellationToken);
            return store;
        }
        catch
        {
            await store.DisposeAsync();
            throw;
        }
    }

    private static async Task UntilDoneAsync(
        Func<CancellationToken, Task> act,
        AzureTablesOptions options,
        TimeProvider time,
        ILogger logger,
        CancellationToken cancellationToken)
    {
        var isWaiting = false;
        while (true)
        {
            try
            {
                await act(cancellationToken);
                if (isWaiting)
                {
                    LogReached(logger);
                }

                return;
            }
            catch (StoreUnreachableException e) when (Outage.IsFinalAtStart(e.InnerException))
            {
                throw new AzureTablesUnusableException($"Azure Tables refuses: {Outage.Describe(e.InnerException!)}.", e);
            }
            catch (StoreUnreachableException e)
            {
                if (!isWaiting)
                {
                    LogWaiting(logger, e.Message, options.RetryAfter.TotalSeconds);
                }

                isWaiting = true;
            }
            await Task.Delay(options.RetryAfter, time, cancellationToken);
        }
    }
}
