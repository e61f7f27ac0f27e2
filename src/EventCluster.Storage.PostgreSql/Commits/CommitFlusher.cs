using EventCluster.Abstractions.Store;
using EventCluster.Storage.PostgreSql.Sql;
using Npgsql;

namespace EventCluster.Storage.PostgreSql.Commits;

/// <summary>
/// The one way of commits to the database: whatever waits is gathered into one transaction, and while that is in flight
/// the next gathers. A few run side by side, over different streams.
/// </summary>
internal sealed class CommitFlusher : IAsyncDisposable
{
    private readonly PostgreSqlOptions _options;
    private readonly NpgsqlDataSource _source;
    private readonly Statements _statements;
    private readonly StreamCounter _counter;
    private readonly StoreCondition _condition;
    private readonly PostgreSqlInstruments _instruments;
    private readonly GroupQueue<PendingCommit> _queue;

    public CommitFlusher(
        PostgreSqlOptions options,
        NpgsqlDataSource source,
        Statements statements,
        StreamCounter counter,
        StoreCondition condition,
        PostgreSqlInstruments instruments)
    {
        (_options, _source, _statements, _counter) = (options, source, statements, counter);
        (_condition, _instruments) = (condition, instruments);
        _queue = new GroupQueue<PendingCommit>(
            "queue of commits to the database",
            new GroupBounds(options.MaxWaitingCommits, options.CommitConnections, options.MaxGroupCommits, options.MaxGroupBytes),
            static pending => (pending.Commit.Name, pending.Bytes),
            FlushAsync,
            static (pending, surprise) => pending.Fail(surprise));
    }

    /// <summary>Why commits are not sent; null while they are.</summary>
    public string? Fault => _queue.Fault;

    /// <summary>Takes a commit; its answer comes through its task.</summary>
    public ValueTask EnqueueAsync(PendingCommit pending, CancellationToken cancellationToken) =>
        _queue.EnqueueAsync(pending, cancellationToken);

    /// <summary>Opens its connections and plans the statement that every group begins with.</summary>
    public Task WarmUpAsync(CancellationToken cancellationToken) => DataSources.WarmUpAsync(
        _source,
        _options.CommitConnections,
        async connection =>
        {
            await using var batch = new NpgsqlBatch(connection);
            batch.BatchCommands.Add(new Columns(_statements.Lock).Texts([]).Command);
            await batch.ExecuteNonQueryAsync(cancellationToken);
        },
        cancellationToken);

    /// <summary>Settles what waits, then ends.</summary>
    public ValueTask DisposeAsync() => _queue.DisposeAsync();

    private async Task FlushAsync(List<PendingCommit> commits)
    {
        try
        {
            await CommitAsync(commits);
        }
        catch (PostgresException e) when (IsRolledBack(e))
        {
            if (commits.Count == 1)
            {
                Refuse(commits[0], e);
                return;
            }

            // Nothing of it landed, and one stream must not fail its neighbours (CORRECTNESS rule 14).
            _instruments.GroupFailed();
            foreach (var commit in commits)
            {
                await FlushAsync([commit]);
            }
        }
        catch (Exception e)
        {
            // Sent or not, landed or not: each owner finds out by opening again.
            _condition.Suspect();
            _instruments.OutcomesUnknown(commits.Count);
            var unknown = StoreCondition.IsOutage(e)
                ? new StoreUnreachableException($"PostgreSQL did not say whether a commit landed: {StoreCondition.Describe(e)}", e)
                : e;
            commits.ForEach(pending => pending.Fail(unknown));
        }
    }

    private async Task CommitAsync(List<PendingCommit> commits)
    {
        var group = new CommitGroup(commits, _statements);
        int? limit = group.Creates && _counter.IsNearLimit ? _options.MaxStreams : null;
        var answers = new GroupAnswers(group, limit is not null);
        var begun = _instruments.Begin();
        await using (var connection = await _source.OpenConnectionAsync())
        await using (var batch = new NpgsqlBatch(connection))
        {
            foreach (var command in group.Build(limit))
            {
                batch.BatchCommands.Add(command);
            }

            await using var reader = await batch.ExecuteReaderAsync();
            await answers.ReadAsync(reader, CancellationToken.None);
        }

        _condition.Succeeded();
        answers.Answer();
        _counter.Created(answers.Created);
        _instruments.GroupCommitted(begun, commits.Count, commits.Sum(pending => (long)pending.Bytes));
    }

    /// <summary>An error ends the transaction of its batch; a fatal one may come after the transaction was committed.</summary>
    private static bool IsRolledBack(PostgresException exception) => exception.InvariantSeverity == "ERROR";

    private void Refuse(PendingCommit pending, PostgresException exception)
    {
        if (StoreCondition.IsFull(exception))
        {
            _condition.Failed(exception);
            pending.Answer(CommitStatus.Full);
            return;
        }

        _instruments.OutcomesUnknown(1);
        pending.Fail(exception);
    }
}
