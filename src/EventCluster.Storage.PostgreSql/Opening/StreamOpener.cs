using System.Threading.Channels;
using EventCluster.Abstractions.Store;
using EventCluster.Protocol;
using EventCluster.Storage.PostgreSql.Commits;
using EventCluster.Storage.PostgreSql.Sql;
using Npgsql;

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

    /// <summary>How long a group waits for a row that somebody else has locked.</summary>
    private const long LongestLockWaitMilliseconds = 200;

    /// <summary>Opens that wait for a transaction; one more waits for room.</summary>
    private const int MaxWaiting = 100_000;

    private readonly NpgsqlDataSource _source;
    private readonly Statements _statements;
    private readonly Func<Func<Task<Dictionary<StreamName, OpenedStream>?>>, Task<Dictionary<StreamName, OpenedStream>?>> _guard;
    private readonly int _connections;
    private readonly Channel<PendingOpen> _waiting =
        Channel.CreateBounded<PendingOpen>(new BoundedChannelOptions(MaxWaiting));

    private readonly Task[] _loops;

    /// <summary>Starts to wait for streams.</summary>
    /// <param name="source">Connections.</param>
    /// <param name="maxConnections">Most of them that it may have.</param>
    /// <param name="statements">Of the schema.</param>
    /// <param name="guard">How a question reaches the database: tried again on a fresh connection, told as an outage.</param>
    public StreamOpener(
        NpgsqlDataSource source,
        int maxConnections,
        Statements statements,
        Func<Func<Task<Dictionary<StreamName, OpenedStream>?>>, Task<Dictionary<StreamName, OpenedStream>?>> guard)
    {
        (_source, _statements, _guard) = (source, statements, guard);
        _connections = Math.Min(MostConnections, maxConnections);
        _loops = [.. Enumerable.Range(0, _connections).Select(_ => Task.Run(RunAsync))];
    }

    /// <summary>Raises the fence of an existing stream; null when there is none of this name.</summary>
    public async Task<OpenedStream?> OpenAsync(StreamName name, CancellationToken cancellationToken)
    {
        var pending = new PendingOpen(name, cancellationToken);
        await _waiting.Writer.WriteAsync(pending, cancellationToken);
        return await pending.Task.WaitAsync(cancellationToken);
    }

    /// <summary>Opens its connections and plans its statements, so that the first takeover finds them there.</summary>
    public Task WarmUpAsync(CancellationToken cancellationToken) =>
        DataSources.WarmUpAsync(_source, _connections, connection => ExecuteAsync(connection, []), cancellationToken);

    /// <summary>Answers what waits, then ends.</summary>
    public async ValueTask DisposeAsync()
    {
        _waiting.Writer.TryComplete();
        await Task.WhenAll(_loops);
    }

    private async Task RunAsync()
    {
        var reader = _waiting.Reader;
        PendingOpen? left = null;
        while (left is not null || await reader.WaitToReadAsync())
        {
            var group = Gather(reader, ref left);
            if (group.Count > 0)
            {
                await OpenAsync(group);
            }
        }
    }

    /// <summary>Takes what waits. A second open of a stream is left for the next group: each has a fence of its own.</summary>
    private static Dictionary<StreamName, PendingOpen> Gather(ChannelReader<PendingOpen> reader, ref PendingOpen? left)
    {
        Dictionary<StreamName, PendingOpen> group = [];
        while (group.Count < StreamsPerGroup)
        {
            var next = left;
            left = null;
            if (next is null && !reader.TryRead(out next))
            {
                break;
            }

            if (next.IsCancelled)
            {
                continue;
            }

            if (!group.TryAdd(next.Name, next))
            {
                left = next;
                break;
            }
        }

        return group;
    }

    private async Task OpenAsync(Dictionary<StreamName, PendingOpen> group)
    {
        try
        {
            if (await _guard(() => TryOpenAsync([.. group.Keys.Select(name => name.Value)])) is not { } opened)
            {
                OpenEachByItself(group);
                return;
            }

            foreach (var (name, pending) in group)
            {
                pending.Complete(opened.GetValueOrDefault(name));
            }
        }
        catch (Exception e) when (group.Count > 1 && e is not StoreUnreachableException)
        {
            OpenEachByItself(group);
        }
        catch (Exception e)
        {
            foreach (var pending in group.Values)
            {
                pending.Fail(e);
            }
        }
    }

    /// <summary>One stream must not fail its neighbours or keep them waiting, nor those that come next.</summary>
    private void OpenEachByItself(Dictionary<StreamName, PendingOpen> group)
    {
        foreach (var (name, pending) in group)
        {
            _ = OpenAsync(new Dictionary<StreamName, PendingOpen> { [name] = pending });
        }
    }

    /// <summary>Null when one of several streams is locked by somebody else for longer than the others may wait.</summary>
    private async Task<Dictionary<StreamName, OpenedStream>?> TryOpenAsync(string[] names)
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
    private async Task<Dictionary<StreamName, OpenedStream>> ExecuteAsync(NpgsqlConnection connection, string[] names)
    {
        await using var batch = new NpgsqlBatch(connection);
        batch.BatchCommands.Add(new Columns(_statements.LimitLockWait).Long(names.Length > 1 ? LongestLockWaitMilliseconds : 0).Command);
        batch.BatchCommands.Add(new Columns(_statements.Open).Texts(names).Command);
        batch.BatchCommands.Add(new Columns(_statements.Producers).Texts(names).Command);
        await using var reader = await batch.ExecuteReaderAsync();
        await reader.NextResultAsync();
        Dictionary<StreamName, (StoredHead Head, List<ProducerEntry> Producers)> found = [];
        while (await reader.ReadAsync())
        {
            var head = Rows.ToHead(reader);
            found.Add(head.Name, (head, []));
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
        return found.ToDictionary(pair => pair.Key, pair => new OpenedStream(pair.Value.Head.Fence, pair.Value.Head, pair.Value.Producers));
    }
}
