using EventCluster.Abstractions;
using EventCluster.Abstractions.Store;
using EventCluster.Protocol;
using EventCluster.Storage.PostgreSql.Commits;
using EventCluster.Storage.PostgreSql.Faults;
using EventCluster.Storage.PostgreSql.Identity;
using EventCluster.Storage.PostgreSql.Maintenance;
using EventCluster.Storage.PostgreSql.Opening;
using EventCluster.Storage.PostgreSql.Sessions;
using EventCluster.Storage.PostgreSql.Sql;

namespace EventCluster.Storage.PostgreSql;

/// <summary>
/// The shared store: head rows whose conditional update is the fence, blocks beside them, commits of many streams in one
/// transaction (DESIGN section 8, CORRECTNESS rules 2, 13 and 14). Many nodes may use one database.
/// </summary>
public sealed partial class PostgreSqlLogStore : ILogStore
{
    private const int BlocksPerPage = 256;

    // Longer than any name can be: the largest text that begins with a prefix comes before it.
    private static readonly string _aboveAll = string.Concat(
        Enumerable.Repeat("\U0010FFFF", (ProtocolLimits.MaxStreamNameBytes / 4) + 1));

    private readonly PostgreSqlOptions _options;
    private readonly DataSources _sources;
    private readonly IdentityGuard _identity;
    private readonly AliveSession _alive;
    private readonly Proofs _proofs;
    private readonly Statements _statements;
    private readonly PostgreSqlInstruments _instruments;
    private readonly StoreCondition _condition;
    private readonly StoreGuard _guard;
    private readonly StreamOpener _opener;
    private readonly CommitFlusher _flusher;
    private readonly Housekeeper _housekeeper;
    private bool _disposed;

    /// <inheritdoc />
    public Durability Durability => Durability.Flushed;

    /// <inheritdoc />
    public int MaxCommitBytes => _options.MaxCommitBytes;

    /// <inheritdoc />
    public int MaxCommitProducers => ProtocolLimits.MaxProducersPerStream;

    /// <inheritdoc />
    public StoreHealth Health => _identity.Fault is { } foreign
        ? StoreHealth.Foreign(foreign)
        : _condition.Health.WithPartFault(_flusher.Fault ?? _opener.Fault ?? _housekeeper.Fault ?? _alive.Fault);

    /// <inheritdoc />
    public async ValueTask<OpenedStream> OpenAsync(StreamName name, CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        while (true)
        {
            if (await _opener.OpenAsync(name, cancellationToken) is { } opened)
            {
                return opened;
            }

            if (await _guard.AskAsync(() => TryOpenAbsentAsync(name, cancellationToken)) is { } fence)
            {
                return new OpenedStream(fence, Head: null, []);
            }
        }
    }

    /// <inheritdoc />
    public async ValueTask<CommitStatus> CommitAsync(StreamCommit commit, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(commit);
        ObjectDisposedException.ThrowIf(_disposed, this);
        var pending = new PendingCommit(commit, _instruments.Begin());
        var producers = commit.Producers.Count + commit.RemovedProducers.Count;
        if (pending.Bytes > MaxCommitBytes || producers > MaxCommitProducers)
        {
            throw new ArgumentException(
                $"A commit may have {MaxCommitBytes} bytes and {MaxCommitProducers} producers; this one has {pending.Bytes} and "
                + $"{producers}.",
                nameof(commit));
        }

        await _flusher.EnqueueAsync(pending, cancellationToken);
        return await pending.Task.WaitAsync(cancellationToken);
    }

    /// <inheritdoc />
    public async ValueTask<StoredHead?> GetHeadAsync(StreamName name, CancellationToken cancellationToken)
    {
        var heads = await QueryAsync(_statements.Head, Rows.ToHead, cancellationToken, name.Value);
        return heads.Count == 0 ? null : heads[0];
    }

    /// <inheritdoc />
    public async ValueTask<IReadOnlyList<HeadStamp>> GetStampsAsync(
        IReadOnlyList<StreamName> names, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(names);
        var texts = names.Select(static name => name.Value).ToArray();
        var found = await QueryAsync(
            _sources.Confirmations,
            _statements.Stamps,
            static row => (Name: row.IsDBNull(0) ? null : row.GetString(0), Stamp: new HeadStamp(row.GetInt64(1), row.GetInt64(2))),
            cancellationToken,
            (object)texts);
        var stamps = new Dictionary<string, HeadStamp>(found.Count, StringComparer.Ordinal);
        foreach (var (name, stamp) in found)
        {
            if (name is null)
            {
                throw new StoreUnreachableException("The database server is in recovery: what it shows may lag behind the primary.");
            }

            stamps[name] = stamp;
        }

        return [.. texts.Select(text => stamps.GetValueOrDefault(text))];
    }

    /// <inheritdoc />
    public async ValueTask<IReadOnlyList<EventBlock>> ReadAsync(
        BlockRange range, int maxBytes, CancellationToken cancellationToken)
    {
        List<EventBlock> answer = [];
        long left = maxBytes;
        var next = range.From;
        while (next < range.To)
        {
            var page = await QueryAsync(
                _statements.Read,
                row => Rows.ToBlock(row, range),
                cancellationToken,
                range.Stream.Value, range.Incarnation, next, range.To, left, answer.Count == 0, BlocksPerPage);
            foreach (var block in page)
            {
                // A purge may have cut the row of blocks, also between two pages.
                if (block.FirstSequence > next || block.EndSequence <= next)
                {
                    return answer;
                }

                answer.Add(block);
                left -= block.Encoded.Length;
                next = block.EndSequence;
            }

            if (page.Count < BlocksPerPage)
            {
                break;
            }
        }

        return answer;
    }

    /// <inheritdoc />
    public async ValueTask<IReadOnlyList<BlockInfo>> ListBlocksAsync(
        StreamName name, long from, int limit, CancellationToken cancellationToken) =>
        await QueryAsync(_statements.ListBlocks, Rows.ToBlockInfo, cancellationToken, name.Value, from, limit);

    /// <inheritdoc />
    public async ValueTask<long> DrawIncarnationAsync(CancellationToken cancellationToken) => await _guard.AskAsync(async () =>
    {
        await using var batch = NewBatch(_statements.DoNotFlush, _statements.DrawIncarnation);
        await using var reader = await batch.ExecuteReaderAsync(cancellationToken);
        await reader.NextResultAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        var drawn = reader.GetInt64(0);
        await reader.NextResultAsync(cancellationToken);
        return drawn;
    });

    /// <inheritdoc />
    public async ValueTask<IReadOnlyList<StoredHead>> ListAsync(
        string prefix, StreamName? after, int limit, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(prefix);
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, 1);
        var afterText = after?.Value ?? "";
        var isPrefixFirst = StreamName.CompareUtf8(prefix, afterText) > 0;
        return await QueryAsync(
            _statements.List,
            Rows.ToHead,
            cancellationToken,
            isPrefixFirst ? prefix : afterText, isPrefixFirst, prefix + _aboveAll, limit);
    }

    /// <inheritdoc />
    public async ValueTask<IReadOnlyList<StreamName>> ListDueAsync(
        long nowMilliseconds, int limit, CancellationToken cancellationToken) =>
        await QueryAsync(
            _statements.ListDue, row => StreamName.Parse(row.GetString(0)), cancellationToken, nowMilliseconds, limit);

    /// <summary>Settles the commits that were sent, then closes the connections.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_disposed)
        {
            return;
        }

        _disposed = true;
        await _housekeeper.DisposeAsync();
        await _opener.DisposeAsync();
        await _flusher.DisposeAsync();

        // Last: as long as anything of this node may write, others see that it lives.
        await _alive.DisposeAsync();
        await _sources.DisposeAsync();
        _instruments.Dispose();
    }
}
