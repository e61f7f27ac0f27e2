using EventCluster.Abstractions.Store;
using EventCluster.Storage.PostgreSql.Faults;
using EventCluster.Storage.PostgreSql.Sessions;
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
    private readonly StoreGuard _guard;
    private readonly SessionCheck _sessionCheck;
    private readonly PostgreSqlInstruments _instruments;
    private readonly GroupQueue<PendingCommit> _queue;

    public CommitFlusher(
        PostgreSqlOptions options,
        NpgsqlDataSource source,
        Statements statements,
        StreamCounter counter,
        StoreCondition condition,
        StoreGuard guard,
        SessionCheck sessionCheck,
        PostgreSqlInstruments instruments)
    {
        (_options, _source, _statements, _counter) = (options, source, statements, counter);
        (_condition, _guard, _sessionCheck, _instruments) = (condition, guard, sessionCheck, instruments);
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
        commits.RemoveAll(RefuseLate);
        if (commits.Count == 0 || await TrySendAsync(commits) is not { Error: { } error } sent)
        {
            return;
        }

        if (sent.Fault == DatabaseFault.Session)
        {
            // Its session had statements of a different session; nothing landed, and the next session is new.
            sent = await TrySendAsync(commits);
            if (sent.Error is not { } again)
            {
                return;
            }

            error = again;
        }

        if (commits.Count == 1 || !sent.MayBeOfOneStream)
        {
            Refuse(commits, error);
            return;
        }

        // Nothing of it landed, and one stream must not fail its neighbours (CORRECTNESS rule 14).
        _instruments.GroupFailed();
        await SendAloneAsync(commits);
    }

    /// <summary>One by one, until it turns out to be an outage: the others would wait in vain, each for its own timeout.</summary>
    private async Task SendAloneAsync(List<PendingCommit> commits)
    {
        for (var i = 0; i < commits.Count; i++)
        {
            if (RefuseLate(commits[i]))
            {
                continue;
            }

            var sent = await TrySendAsync([commits[i]]);
            if (sent.Error is { } error)
            {
                Refuse([commits[i]], error);
            }

            if (!sent.GoesOn)
            {
                Refuse(commits.GetRange(i + 1, commits.Count - i - 1), sent.Error);
                return;
            }
        }
    }

    /// <summary>Sends a group; its commits are answered unless the result has an error, which says that nothing was written.</summary>
    private async Task<SendResult> TrySendAsync(List<PendingCommit> commits)
    {
        NpgsqlConnection connection;
        try
        {
            connection = await ConnectAsync();
        }
        catch (Exception e) when (FaultTable.IsOfDatabase(e))
        {
            // Nothing was sent, so this is no unknown outcome.
            _guard.Note(e);
            return SendResult.NothingWritten(e, DatabaseFault.Outage);
        }

        await using (connection)
        {
            try
            {
                await CommitAsync(connection, commits);
                return SendResult.Answered;
            }
            catch (PostgresException e) when (FaultTable.IsRolledBack(e))
            {
                _guard.Note(e);
                return SendResult.NothingWritten(e, FaultTable.Of(e).Fault);
            }
            catch (Exception e)
            {
                // Landed or not: each owner finds out by opening again.
                _instruments.OutcomesUnknown(commits.Count);
                var unknown = e;
                if (FaultTable.IsOfDatabase(e))
                {
                    _guard.Note(e);
                    unknown = new StoreUnreachableException(
                        $"PostgreSQL did not say whether a commit landed: {StoreCondition.Describe(e)}", e);
                }

                commits.ForEach(pending => pending.Fail(unknown));
                return SendResult.Unknown;
            }
        }
    }

    /// <summary>A connection that flushes what is committed on it, by what its server is configured with now.</summary>
    private async Task<NpgsqlConnection> ConnectAsync()
    {
        var connection = await _source.OpenConnectionAsync();
        try
        {
            if (_sessionCheck.IsDue)
            {
                await _sessionCheck.CheckAsync(connection, CancellationToken.None);
            }

            return connection;
        }
        catch (PostgreSqlUnusableException e)
        {
            _condition.Failed(e);
            await connection.DisposeAsync();
            throw;
        }
        catch (Exception)
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    private async Task CommitAsync(NpgsqlConnection connection, List<PendingCommit> commits)
    {
        var group = new CommitGroup(commits, _statements);
        int? limit = group.Creates && _counter.IsNearLimit ? _options.MaxStreams : null;
        var answers = new GroupAnswers(group, limit is not null);
        var replication = ReplicationWait.Watch(connection);
        var begun = _instruments.Begin();
        await using (var batch = new NpgsqlBatch(connection))
        {
            foreach (var command in group.Build(limit))
            {
                batch.BatchCommands.Add(command);
            }

            await using var reader = await batch.ExecuteReaderAsync();
            await answers.ReadAsync(reader, CancellationToken.None);
        }

        replication.ThrowIfCancelled();
        _condition.Succeeded();
        answers.Answer();
        _counter.Created(answers.Created);
        _instruments.GroupCommitted(begun, commits.Count, commits.Sum(pending => (long)pending.Bytes));
    }

    /// <summary>Answers a commit that waited for too long before it was sent.</summary>
    private bool RefuseLate(PendingCommit pending)
    {
        var isLate = _instruments.Time.GetElapsedTime(pending.Since) > _options.MaxWait;
        if (isLate)
        {
            pending.Answer(CommitStatus.Unreachable);
        }

        return isLate;
    }

    /// <summary>Answers commits of which nothing was written.</summary>
    private void Refuse(List<PendingCommit> commits, Exception? error)
    {
        var isFull = error is not null && FaultTable.Of(error).Fault == DatabaseFault.Full;
        if (isFull)
        {
            _condition.Failed(error!);
        }

        commits.ForEach(pending => pending.Answer(isFull ? CommitStatus.Full : CommitStatus.Unreachable));
    }
}
