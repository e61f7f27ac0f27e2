using Azure.Data.Tables;
using EventCluster.Abstractions;
using EventCluster.Storage.AzureTables.Numbers;
using EventCluster.Storage.AzureTables.Schema;
using EventCluster.Storage.AzureTables.Tables;
using Microsoft.Extensions.Logging;

namespace EventCluster.Storage.AzureTables.Maintenance;

/// <summary>
/// Sweeps, counts the streams now and then, and asks a service that failed whether it takes writes again.
/// </summary>
internal sealed partial class Housekeeper : IAsyncDisposable
{
    private const string ProbeRow = "probe";

    private readonly AzureTablesOptions _options;
    private readonly EntityTable _streams;
    private readonly Sweeper _sweeper;
    private readonly StreamCounter _counter;
    private readonly StoreCondition _condition;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _stop = new();
    private readonly BackgroundLoop _keeping = new("housekeeper of the tables");
    private readonly BackgroundLoop _probing = new("probe of the table service");
    private readonly BackgroundLoop _counting = new("count of streams in the tables");

    public Housekeeper(
        AzureTablesOptions options,
        EntityTable streams,
        Sweeper sweeper,
        StreamCounter counter,
        StoreCondition condition,
        TimeProvider time,
        ILogger logger)
    {
        (_options, _streams, _sweeper, _counter) = (options, streams, sweeper, counter);
        (_condition, _time, _logger) = (condition, time, logger);
    }

    /// <summary>Counts the first page of streams, then keeps house until disposed.</summary>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        var isCounted = await _counter.CountAsync(TableLimits.MaxPageEntities / 2, cancellationToken);
        _keeping.Start(() => Task.Run(() => LoopAsync(_options.HousekeepingInterval, KeepAsync), CancellationToken.None));
        _probing.Start(() => Task.Run(() => LoopAsync(_options.RetryAfter, ProbeAsync), CancellationToken.None));
        _counting.Start(() => Task.Run(() => CountAsync(isCounted), CancellationToken.None));
    }

    /// <summary>Why a loop does not run; null while all do.</summary>
    public string? Fault => _keeping.Fault ?? _probing.Fault ?? _counting.Fault;

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        BackgroundLoop[] loops = [_keeping, _probing, _counting];
        Array.ForEach(loops, static loop => loop.NoteStop());
        await _stop.CancelAsync();
        foreach (var loop in loops)
        {
            await loop.StopAsync();
        }

        _stop.Dispose();
    }

    private async Task CountAsync(bool isCounted)
    {
        if (!isCounted)
        {
            await DoAsync(cancelled => _counter.CountAsync(int.MaxValue, cancelled));
        }

        await LoopAsync(_options.CountInterval, cancelled => _counter.CountAsync(int.MaxValue, cancelled));
    }

    private async Task LoopAsync(TimeSpan interval, Func<CancellationToken, Task> work)
    {
        using var timer = new PeriodicTimer(interval, _time);
        try
        {
            while (await timer.WaitForNextTickAsync(_stop.Token))
            {
                await DoAsync(work);
            }
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // The end.
        }
    }

    private async Task DoAsync(Func<CancellationToken, Task> work)
    {
        try
        {
            await work(_stop.Token);
        }
        catch (Exception) when (_stop.IsCancellationRequested)
        {
            // The end, in the middle of something; what it did not do is done at the next start.
        }
        catch (Exception e)
        {
            // It is done again at the next tick; a service that is away is reported by the condition.
            LogPostponed(_logger, Outage.Describe(e));
        }
    }

    private Task KeepAsync(CancellationToken cancellationToken) =>
        _condition.Health.AcceptsWrites ? _sweeper.SweepAsync(cancellationToken) : Task.CompletedTask;

    private async Task ProbeAsync(CancellationToken cancellationToken)
    {
        if (!_condition.WantsProbe)
        {
            return;
        }

        try
        {
            await _streams.UpsertAsync(new TableEntity(StoreFormat.Partition, ProbeRow), cancellationToken);
            _condition.Succeeded();
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            _condition.Failed(e);
        }
    }
}
