using EventCluster.Abstractions;
using EventCluster.Storage.PostgreSql.Sql;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace EventCluster.Storage.PostgreSql.Maintenance;

/// <summary>
/// Deletes in small transactions what commits only marked (purged blocks, everything of removed streams), keeps the count
/// of streams fresh, and asks a database that failed whether it takes writes again.
/// </summary>
internal sealed partial class Housekeeper : IAsyncDisposable
{
    private const int GarbagePerRound = 100;

    private readonly PostgreSqlOptions _options;
    private readonly NpgsqlDataSource _source;
    private readonly Statements _statements;
    private readonly StreamCounter _counter;
    private readonly StoreCondition _condition;
    private readonly PostgreSqlInstruments _instruments;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _stop = new();
    private readonly BackgroundLoop _keeping = new("housekeeper of the database");
    private readonly BackgroundLoop _probing = new("probe of the database");

    public Housekeeper(
        PostgreSqlOptions options,
        NpgsqlDataSource source,
        Statements statements,
        StreamCounter counter,
        StoreCondition condition,
        PostgreSqlInstruments instruments,
        TimeProvider time,
        ILogger logger)
    {
        (_options, _source, _statements, _counter) = (options, source, statements, counter);
        (_condition, _instruments, _time, _logger) = (condition, instruments, time, logger);
    }

    /// <summary>Counts once, then keeps house until disposed.</summary>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        await _counter.CountAsync(_source, cancellationToken);
        _keeping.Start(() => Task.Run(() => LoopAsync(_options.HousekeepingInterval, KeepAsync), CancellationToken.None));
        _probing.Start(() => Task.Run(() => LoopAsync(_options.RetryAfter, ProbeAsync), CancellationToken.None));
    }

    /// <summary>Why a loop does not run; null while both do.</summary>
    public string? Fault => _keeping.Fault ?? _probing.Fault;

    /// <summary>Sweeps until nothing is left or another node does it.</summary>
    /// <returns>Rows deleted.</returns>
    public async Task<int> SweepAsync(CancellationToken cancellationToken)
    {
        var (all, rows) = (0, 0);
        while ((rows = await SweepRoundAsync(cancellationToken)) > 0)
        {
            all += rows;
            _instruments.Purged(rows);
        }

        return all;
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        _keeping.NoteStop();
        _probing.NoteStop();
        await _stop.CancelAsync();
        await _keeping.StopAsync();
        await _probing.StopAsync();
        _stop.Dispose();
    }

    private async Task LoopAsync(TimeSpan interval, Func<CancellationToken, Task> work)
    {
        using var timer = new PeriodicTimer(interval, _time);
        try
        {
            while (await timer.WaitForNextTickAsync(_stop.Token))
            {
                try
                {
                    await work(_stop.Token);
                }
                catch (Exception e) when (!_stop.IsCancellationRequested)
                {
                    // It is done again at the next tick; a database that is away is reported by the condition.
                    LogPostponed(_logger, StoreCondition.Describe(e));
                }
            }
        }
        catch (Exception) when (_stop.IsCancellationRequested)
        {
            // The end, in the middle of a command perhaps; what it did not do is done at the next start.
        }
    }

    private async Task KeepAsync(CancellationToken cancellationToken)
    {
        if (!_condition.Health.AcceptsWrites)
        {
            return;
        }

        await _counter.CountAsync(_source, cancellationToken);
        await SweepAsync(cancellationToken);
        await using var forget = _source.CreateCommand(_statements.ForgetFences);
        forget.Parameters.Add(new NpgsqlParameter { Value = _options.MaxRememberedFences });
        await forget.ExecuteNonQueryAsync(cancellationToken);
    }

    private async Task ProbeAsync(CancellationToken cancellationToken)
    {
        if (!_condition.WantsProbe)
        {
            return;
        }

        try
        {
            await using var probe = _source.CreateCommand(_statements.Probe);
            await probe.ExecuteNonQueryAsync(cancellationToken);
            _condition.Succeeded();
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            _condition.Failed(e);
        }
    }

    /// <summary>One transaction: at most a batch of rows, so that no lock and no log record grows large.</summary>
    private async Task<int> SweepRoundAsync(CancellationToken cancellationToken)
    {
        await using var connection = await _source.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        if (await ScalarAsync(connection, _statements.TakeTurnToSweep, cancellationToken) is not true)
        {
            return 0;
        }

        var rows = 0;
        foreach (var (id, stream) in await ListGarbageAsync(connection, cancellationToken))
        {
            rows += await ExecuteAsync(connection, _statements.SweepBlocks, cancellationToken, stream, _options.PurgeBatchRows - rows);
            if (rows < _options.PurgeBatchRows)
            {
                rows += await ExecuteAsync(
                    connection, _statements.SweepProducers, cancellationToken, stream, _options.PurgeBatchRows - rows);
            }

            if (rows >= _options.PurgeBatchRows)
            {
                break;
            }

            rows += await ExecuteAsync(connection, _statements.ForgetGarbage, cancellationToken, id);
        }

        await transaction.CommitAsync(cancellationToken);
        return rows;
    }

    private async Task<List<(long Id, long Stream)>> ListGarbageAsync(
        NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(_statements.Garbage, connection);
        command.Parameters.Add(new NpgsqlParameter { Value = GarbagePerRound });
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        List<(long Id, long Stream)> garbage = [];
        while (await reader.ReadAsync(cancellationToken))
        {
            garbage.Add((reader.GetInt64(0), reader.GetInt64(1)));
        }

        return garbage;
    }

    private static async Task<object?> ScalarAsync(
        NpgsqlConnection connection, string statement, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(statement, connection);
        return await command.ExecuteScalarAsync(cancellationToken);
    }

    private static async Task<int> ExecuteAsync(
        NpgsqlConnection connection, string statement, CancellationToken cancellationToken, params object[] values)
    {
        await using var command = new NpgsqlCommand(statement, connection);
        foreach (var value in values)
        {
            command.Parameters.Add(new NpgsqlParameter { Value = value });
        }

        return await command.ExecuteNonQueryAsync(cancellationToken);
    }
}
