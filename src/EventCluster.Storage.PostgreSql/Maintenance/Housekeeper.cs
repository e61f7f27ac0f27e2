using EventCluster.Abstractions;
using EventCluster.Storage.PostgreSql.Commits;
using EventCluster.Storage.PostgreSql.Faults;
using EventCluster.Storage.PostgreSql.Sessions;
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
    private const int StreamsPerRound = 100;
    private const int GarbageAtOnce = 1_000;

    private readonly PostgreSqlOptions _options;
    private readonly DataSources _sources;
    private readonly NpgsqlDataSource _source;
    private readonly Statements _statements;
    private readonly StreamCounter _counter;
    private readonly StoreCondition _condition;
    private readonly StoreGuard _guard;
    private readonly PostgreSqlInstruments _instruments;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _stop = new();
    private readonly BackgroundLoop _keeping = new("housekeeper of the database");
    private readonly BackgroundLoop _probing = new("probe of the database");

    public Housekeeper(
        PostgreSqlOptions options,
        DataSources sources,
        Statements statements,
        StreamCounter counter,
        StoreCondition condition,
        StoreGuard guard,
        PostgreSqlInstruments instruments,
        TimeProvider time,
        ILogger logger)
    {
        (_options, _sources, _source, _statements, _counter) = (options, sources, sources.Queries, statements, counter);
        (_condition, _guard, _instruments, _time, _logger) = (condition, guard, instruments, time, logger);
    }

    /// <summary>Keeps house until disposed.</summary>
    public void Start()
    {
        _keeping.Start(() => Task.Run(() => LoopAsync(_options.HousekeepingInterval, KeepAsync), CancellationToken.None));
        _probing.Start(() => Task.Run(() => LoopAsync(_options.RetryAfter, ProbeAsync), CancellationToken.None));
    }

    /// <summary>Why a loop does not run; null while both do.</summary>
    public string? Fault => _keeping.Fault ?? _probing.Fault;

    /// <summary>Sweeps every stream that is marked, one after the other, unless another node does it.</summary>
    /// <returns>Rows deleted.</returns>
    public async Task<int> SweepAsync(CancellationToken cancellationToken)
    {
        await using (var move = _source.CreateCommand(_statements.MoveGarbage))
        {
            move.Parameters.Add(new NpgsqlParameter { Value = GarbageAtOnce });
            await move.ExecuteNonQueryAsync(cancellationToken);
        }

        // On from where it was: streams that are marked all the time must not keep it from the others.
        var (all, after) = (0, (long?)0);
        while (after is { } last)
        {
            (var rows, after) = await SweepRoundAsync(last, cancellationToken);
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
                    if (FaultTable.IsOfDatabase(e))
                    {
                        _guard.Note(e);
                    }
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
            await using var connection = await _source.OpenConnectionAsync(cancellationToken);
            await new SessionSetup(connection).CheckAgainAsync(cancellationToken);
            var replication = ReplicationWait.Watch(connection);
            await using var batch = new NpgsqlBatch(connection);
            foreach (var command in Probe())
            {
                batch.BatchCommands.Add(command);
            }

            await batch.ExecuteNonQueryAsync(cancellationToken);
            replication.ThrowIfCancelled();
            _condition.Succeeded();
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            // A session keeps what it began with, so the next probe has a new one.
            _condition.Failed(e);
            _sources.Drop();
        }
    }

    /// <summary>Writes one row, and does nothing else in all the ways in which commits do it: with the same rights, on the same tables.</summary>
    private List<NpgsqlBatchCommand> Probe() =>
    [
        .. CommitGroup.Nothing(_statements),
        new Columns(_statements.Open).Texts([]).Command,
        new NpgsqlBatchCommand(_statements.Probe),
    ];

    /// <summary>One transaction: at most a batch of rows, so that no lock and no log record grows large.</summary>
    /// <returns>Rows deleted, and the stream after which the next round goes on; null when there is nothing more.</returns>
    private async Task<(int Rows, long? After)> SweepRoundAsync(long after, CancellationToken cancellationToken)
    {
        await using var connection = await _source.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        if (await ScalarAsync(connection, _statements.TakeTurnToSweep, cancellationToken) is not true)
        {
            return (0, null);
        }

        var (rows, last) = (0, (long?)null);
        List<(long Stream, long Marked)> swept = [];
        foreach (var marked in await ListSweepsAsync(connection, after, cancellationToken))
        {
            rows += await ExecuteAsync(
                connection, _statements.SweepBlocks, cancellationToken, marked.Stream, _options.PurgeBatchRows - rows);
            if (rows < _options.PurgeBatchRows)
            {
                rows += await ExecuteAsync(
                    connection, _statements.SweepProducers, cancellationToken, marked.Stream, _options.PurgeBatchRows - rows);
            }

            // The stream may have more; the next round goes on with it.
            last = marked.Stream;
            if (rows >= _options.PurgeBatchRows)
            {
                last--;
                break;
            }

            swept.Add(marked);
        }

        // Last: commits that mark a stream wait for these rows until the end of the transaction.
        await ExecuteAsync(
            connection, _statements.ForgetSweeps, cancellationToken,
            swept.Select(item => item.Stream).ToArray(), swept.Select(item => item.Marked).ToArray());
        await transaction.CommitAsync(cancellationToken);
        return (rows, last);
    }

    private async Task<List<(long Stream, long Marked)>> ListSweepsAsync(
        NpgsqlConnection connection, long after, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(_statements.Sweeps, connection);
        command.Parameters.Add(new NpgsqlParameter { Value = after });
        command.Parameters.Add(new NpgsqlParameter { Value = StreamsPerRound });
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        List<(long Stream, long Marked)> marked = [];
        while (await reader.ReadAsync(cancellationToken))
        {
            marked.Add((reader.GetInt64(0), reader.GetInt64(1)));
        }

        return marked;
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
