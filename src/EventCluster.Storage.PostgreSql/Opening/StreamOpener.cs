using EventCluster.Abstractions.Store;
using EventCluster.Protocol;
using EventCluster.Storage.PostgreSql.Commits;
using EventCluster.Storage.PostgreSql.Faults;
using EventCluster.Storage.PostgreSql.Sessions;
using EventCluster.Storage.PostgreSql.Sql;
using Npgsql;
using OpenedStreams = System.Collections.Generic.Dictionary<EventCluster.Protocol.StreamName, EventCluster.Abstractions.Store.OpenedStream>;

namespace EventCluster.Storage.PostgreSql.Opening;

/// <summary>
/// Raises the fences of streams, many in one transaction: when a node takes over the streams of another one, a transaction
/// and a connection for each would keep the last of them waiting.
/// </summary>
internal sealed class StreamOpener : IAsyncDisposable
{
    /// <summary>Transactions in flight at once.</summary>
    private const int MostConnections = 2;

    /// <summary>Streams of one transaction; each may bring thousands of producers into memory.</summary>
    private const int StreamsPerGroup = 64;

    /// <summary>Transactions of one stream in flight at once.</summary>
    private const int MostAlone = 16;

    /// <summary>How long a group waits for a row that somebody else has locked.</summary>
    private const long LongestLockWaitMilliseconds = 200;

    /// <summary>Opens that wait for a transaction; one more waits for room.</summary>
    private const int MaxWaiting = 100_000;

    private readonly NpgsqlDataSource _source;
    private readonly PostgreSqlOptions _options;
    private readonly TimeProvider _time;
    private readonly Statements _statements;
    private readonly Func<Func<Task<OpenedStreams?>>, Task<OpenedStreams?>> _guard;
    private readonly int _connections;
    private readonly GroupQueue<PendingOpen> _queue;
    private readonly GroupQueue<PendingOpen> _alone;

    /// <summary>Starts to wait for streams.</summary>
    /// <param name="source">Connections.</param>
    /// <param name="options">How many of them it may have, and how long a stream may wait.</param>
    /// <param name="time">The clock.</param>
    /// <param name="statements">Of the schema.</param>
    /// <param name="guard">How a question reaches the database: tried again on a fresh connection, told as an outage.</param>
    public StreamOpener(
        NpgsqlDataSource source,
        PostgreSqlOptions options,
        TimeProvider time,
        Statements statements,
        Func<Func<Task<OpenedStreams?>>, Task<OpenedStreams?>> guard)
    {
        (_source, _options, _time, _statements, _guard) = (source, options, time, statements, guard);
        _connections = Math.Min(MostConnections, options.MaxConnections);
        _queue = NewQueue(_connections, StreamsPerGroup);
        _alone = NewQueue(Math.Clamp(options.MaxConnections - _connections, 1, MostAlone), items: 1);
    }

    /// <summary>Raises the fence of an existing stream; null when there is none of this name.</summary>
    public async Task<OpenedStream?> OpenAsync(StreamName name, CancellationToken cancellationToken)
    {
        var pending = new PendingOpen(name, _time.GetTimestamp(), cancellationToken);
        await _queue.EnqueueAsync(pending, cancellationToken);
        return await pending.Task.WaitAsync(cancellationToken);
    }

    /// <summary>Opens its connections and plans its statements, so that the first takeover finds them there.</summary>
    public Task WarmUpAsync(CancellationToken cancellationToken) =>
        DataSources.WarmUpAsync(_source, _connections, connection => ExecuteAsync(connection, []), cancellationToken);

    /// <summary>Why streams are not opened; null while they are.</summary>
    public string? Fault => _queue.Fault ?? _alone.Fault;

    /// <summary>Answers what waits, then ends.</summary>
    public async ValueTask DisposeAsync()
    {
        await _queue.DisposeAsync();
        await _alone.DisposeAsync();
    }

    private GroupQueue<PendingOpen> NewQueue(int atOnce, int items) =>
        new(
            "queue of opened streams", new GroupBounds(MaxWaiting, atOnce, items), static pending => (pending.Name, 0), OpenAsync,
            static (pending, surprise) => pending.Fail(surprise));

    private async Task OpenAsync(List<PendingOpen> group)
    {
        group.RemoveAll(pending => pending.IsCancelled || FailLate(pending));
        if (group.Count == 0)
        {
            return;
        }

        try
        {
            if (await _guard(() => TryOpenAsync([.. group.Select(pending => pending.Name.Value)])) is { } opened)
            {
                group.ForEach(pending => pending.Complete(opened.GetValueOrDefault(pending.Name)));
                return;
            }
        }
        catch (Exception e) when (group.Count == 1 || IsOutage(e))
        {
            group.ForEach(pending => pending.Fail(e));
            return;
        }
        catch (Exception)
        {
            // Whose fault it was comes out below.
        }

        // One stream must not fail its neighbours or keep them waiting, nor those that come next.
        foreach (var pending in group)
        {
            await _alone.EnqueueAsync(pending, CancellationToken.None);
        }
    }

    /// <summary>While the database is out groups fail one after another; what waited for too long is answered instead of sent.</summary>
    private bool FailLate(PendingOpen pending)
    {
        var isLate = _time.GetElapsedTime(pending.Since) > _options.MaxWait;
        if (isLate)
        {
            pending.Fail(new StoreUnreachableException("PostgreSQL does not answer: the stream waited too long to be opened."));
        }

        return isLate;
    }

    /// <summary>Of the database, and not of one of several streams.</summary>
    private static bool IsOutage(Exception exception) => exception is StoreUnreachableException { InnerException: { } cause }
        && FaultTable.Of(cause).Fault is not (DatabaseFault.Stream or DatabaseFault.Conflict);

    /// <summary>Null when one of several streams is locked by somebody else for longer than the others may wait.</summary>
    private async Task<OpenedStreams?> TryOpenAsync(string[] names)
    {
        await using var connection = await _source.OpenConnectionAsync();
        try
        {
            return await ExecuteAsync(connection, names);
        }
        catch (PostgresException e) when (names.Length > 1 && e.SqlState == PostgresErrorCodes.LockNotAvailable)
        {
            return null;
        }
    }

    /// <summary>The rows stay locked until the producers are read too.</summary>
    private async Task<OpenedStreams> ExecuteAsync(NpgsqlConnection connection, string[] names)
    {
        // It proves what was committed before, to an owner whose commit had an unknown outcome, too.
        var replication = ReplicationWait.Watch(connection);
        await using var batch = new NpgsqlBatch(connection);
        batch.BatchCommands.Add(new Columns(_statements.LimitLockWait).Long(names.Length > 1 ? LongestLockWaitMilliseconds : 0).Command);
        batch.BatchCommands.Add(new Columns(_statements.Open).Texts(names).Command);
        batch.BatchCommands.Add(new Columns(_statements.Producers).Texts(names).Command);
        await using var reader = await batch.ExecuteReaderAsync();
        await reader.NextResultAsync();
        Dictionary<StreamName, (StoredHead Head, bool MayHaveLostCommits, List<ProducerEntry> Producers)> found = [];
        while (await reader.ReadAsync())
        {
            var head = Rows.ToHead(reader);
            found.Add(head.Name, (head, reader.GetBoolean(reader.FieldCount - 1), []));
        }

        await reader.NextResultAsync();
        while (await reader.ReadAsync())
        {
            var (name, producer) = Rows.ToProducer(reader);
            if (found.TryGetValue(name, out var stream))
            {
                stream.Producers.Add(producer);
            }
        }

        // The end of the transaction: before it the fences are only a wish.
        await reader.NextResultAsync();
        replication.ThrowIfCancelled();
        return found.ToDictionary(
            pair => pair.Key,
            pair => new OpenedStream(pair.Value.Head.Fence, pair.Value.Head, pair.Value.Producers)
            {
                MayHaveLostCommits = pair.Value.MayHaveLostCommits,
            });
    }
}
