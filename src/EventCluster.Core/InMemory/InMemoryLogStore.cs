using EventCluster.Abstractions;
using EventCluster.Abstractions.Store;
using EventCluster.Protocol;

namespace EventCluster.Core.InMemory;

/// <summary>
/// The contract of <see cref="ILogStore"/> as a program: everything under one lock, nothing clever. It survives nothing
/// but the caller, so it serves tests, simulation, and streams whose loss at a restart is wanted.
/// </summary>
public sealed class InMemoryLogStore : ILogStore
{
    private readonly InMemoryLogStoreOptions _options;
    private readonly Lock _lock = new();
    private readonly Dictionary<StreamName, InMemoryStream> _streams = [];
    private readonly FenceTable _absentFences;

    // Texts, not names: a prefix such as "a/" is a place in this order without being a name.
    private readonly SortedSet<string> _names = new(Comparer<string>.Create(StreamName.CompareUtf8));
    private readonly SortedSet<(long Due, StreamName Name)> _due = [];
    private long _lastFence;
    private long _lastIncarnation;
    private int _timeline;
    private bool _disposed;

    /// <summary>An empty store.</summary>
    public InMemoryLogStore(InMemoryLogStoreOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        _options = options;
        _absentFences = new FenceTable(options.MaxRememberedFences);
    }

    /// <inheritdoc />
    public Durability Durability => Durability.Memory;

    /// <inheritdoc />
    public int MaxCommitBytes => _options.MaxCommitBytes;

    /// <inheritdoc />
    public int MaxCommitProducers => _options.MaxCommitProducers;

    /// <inheritdoc />
    public StoreHealth Health => StoreHealth.Good;

    /// <summary>
    /// Commits may be lost, as after a failover to a copy: each stream says so when it is opened, until a new incarnation begins.
    /// </summary>
    public void NoteFailover()
    {
        lock (_lock)
        {
            _timeline++;
        }
    }

    /// <inheritdoc />
    public ValueTask<OpenedStream> OpenAsync(StreamName name, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            CheckUsable(cancellationToken);
            var fence = ++_lastFence;
            if (!_streams.TryGetValue(name, out var stream))
            {
                _absentFences.Set(name, fence);
                return ValueTask.FromResult(new OpenedStream(fence, Head: null, Producers: []));
            }

            stream.Head = stream.Head with { Fence = fence };
            return ValueTask.FromResult(new OpenedStream(fence, stream.Head, stream.CopyProducers())
            {
                MayHaveLostCommits = stream.Timeline != _timeline,
            });
        }
    }

    /// <inheritdoc />
    public ValueTask<CommitStatus> CommitAsync(StreamCommit commit, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(commit);
        lock (_lock)
        {
            // The token only ends a wait, and nothing waits here.
            CheckUsable(CancellationToken.None);
            CheckLimits(commit);
            return ValueTask.FromResult(_streams.TryGetValue(commit.Name, out var stream)
                ? Update(stream, commit)
                : Create(commit));
        }
    }

    /// <inheritdoc />
    public ValueTask<StoredHead?> GetHeadAsync(StreamName name, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            CheckUsable(cancellationToken);
            return ValueTask.FromResult(_streams.GetValueOrDefault(name)?.Head);
        }
    }

    /// <inheritdoc />
    public bool IsShared => _options.IsShared;

    /// <inheritdoc />
    public ValueTask<IReadOnlyList<HeadStamp>> GetStampsAsync(
        IReadOnlyList<StreamName> names, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(names);
        lock (_lock)
        {
            CheckUsable(cancellationToken);
            var stamps = new HeadStamp[names.Count];
            for (var i = 0; i < stamps.Length; i++)
            {
                stamps[i] = HeadStamp.Of(_streams.GetValueOrDefault(names[i])?.Head);
            }

            return ValueTask.FromResult<IReadOnlyList<HeadStamp>>(stamps);
        }
    }

    /// <inheritdoc />
    public ValueTask<IReadOnlyList<EventBlock>> ReadAsync(
        BlockRange range, int maxBytes, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            CheckUsable(cancellationToken);
            return ValueTask.FromResult(_streams.GetValueOrDefault(range.Stream)?.Read(range, maxBytes) ?? []);
        }
    }

    /// <inheritdoc />
    public ValueTask<IReadOnlyList<BlockInfo>> ListBlocksAsync(
        StreamName name, long from, int limit, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            CheckUsable(cancellationToken);
            return ValueTask.FromResult(_streams.GetValueOrDefault(name)?.ListBlocks(from, limit) ?? []);
        }
    }

    /// <inheritdoc />
    public ValueTask<long> DrawIncarnationAsync(CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            CheckUsable(cancellationToken);
            return ValueTask.FromResult(++_lastIncarnation);
        }
    }

    /// <inheritdoc />
    public ValueTask<IReadOnlyList<StoredHead>> ListAsync(
        string prefix, StreamName? after, int limit, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(prefix);
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, 1);
        lock (_lock)
        {
            CheckUsable(cancellationToken);
            List<StoredHead> answer = [];
            var afterText = after?.Value ?? "";
            var start = StreamName.CompareUtf8(prefix, afterText) > 0 ? prefix : afterText;
            if (_names.Max is { } last && StreamName.CompareUtf8(start, last) <= 0)
            {
                foreach (var name in _names.GetViewBetween(start, last))
                {
                    if (answer.Count == limit || !name.StartsWith(prefix, StringComparison.Ordinal))
                    {
                        break;
                    }

                    if (name != after?.Value)
                    {
                        answer.Add(_streams[StreamName.Parse(name)].Head);
                    }
                }
            }

            return ValueTask.FromResult<IReadOnlyList<StoredHead>>(answer);
        }
    }

    /// <inheritdoc />
    public ValueTask<IReadOnlyList<StreamName>> ListDueAsync(
        long nowMilliseconds, int limit, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            CheckUsable(cancellationToken);
            List<StreamName> answer = [];
            foreach (var (due, name) in _due)
            {
                if (due > nowMilliseconds || answer.Count == limit)
                {
                    break;
                }

                answer.Add(name);
            }

            return ValueTask.FromResult<IReadOnlyList<StreamName>>(answer);
        }
    }

    /// <inheritdoc />
    public ValueTask DisposeAsync()
    {
        lock (_lock)
        {
            _disposed = true;
        }

        return ValueTask.CompletedTask;
    }

    private CommitStatus Create(StreamCommit commit)
    {
        if (commit.ExpectedVersion != 0 || !_absentFences.IsNewest(commit.Name, commit.Fence))
        {
            return CommitStatus.Conflict;
        }

        if (_streams.Count >= _options.MaxStreams)
        {
            return CommitStatus.TooManyStreams;
        }

        if (commit.State is not { } state || commit.Incarnations is not { } incarnations || commit.Remove)
        {
            throw new ArgumentException("A creating commit carries state and incarnations, and removes nothing.", nameof(commit));
        }

        CheckBlock(commit, commit.Block?.FirstSequence ?? commit.Head.Tail, incarnations);
        var head = new StoredHead(
            commit.Name, commit.Fence, Version: 1, commit.CommitId, commit.Head, incarnations, state);
        var stream = new InMemoryStream(head, _timeline);
        stream.Apply(commit);
        _streams.Add(commit.Name, stream);
        _names.Add(commit.Name.Value);
        _absentFences.Forget(commit.Name);
        SetDue(commit.Name, StreamHead.NeverDue, commit.Head.DueAtMilliseconds);
        _lastIncarnation = Math.Max(_lastIncarnation, incarnations.Latest.Incarnation);
        return CommitStatus.Committed;
    }

    private CommitStatus Update(InMemoryStream stream, StreamCommit commit)
    {
        var old = stream.Head;
        if (commit.Fence != old.Fence || commit.ExpectedVersion != old.Version)
        {
            return CommitStatus.Conflict;
        }

        if (commit.Remove)
        {
            _streams.Remove(commit.Name);
            _names.Remove(commit.Name.Value);
            SetDue(commit.Name, old.Head.DueAtMilliseconds, StreamHead.NeverDue);
            _absentFences.Set(commit.Name, commit.Fence);
            return CommitStatus.Committed;
        }

        var incarnations = commit.Incarnations ?? old.Incarnations;
        CheckBlock(commit, old.Head.Tail, incarnations);
        stream.Apply(commit);
        stream.Timeline = commit.Incarnations is null ? stream.Timeline : _timeline;
        stream.Head = old with
        {
            Version = old.Version + 1,
            LastCommitId = commit.CommitId,
            Head = commit.Head,
            Incarnations = incarnations,
            State = commit.State ?? old.State,
        };
        SetDue(commit.Name, old.Head.DueAtMilliseconds, commit.Head.DueAtMilliseconds);
        _lastIncarnation = Math.Max(_lastIncarnation, incarnations.Latest.Incarnation);
        return CommitStatus.Committed;
    }

    private void SetDue(StreamName name, long oldDue, long newDue)
    {
        _due.Remove((oldDue, name));
        if (newDue != StreamHead.NeverDue)
        {
            _due.Add((newDue, name));
        }
    }

    private void CheckLimits(StreamCommit commit)
    {
        var bytes = (long)(commit.Block?.Encoded.Length ?? 0) + (commit.State?.Length ?? 0);
        var producers = commit.Producers.Count + commit.RemovedProducers.Count;
        if (bytes > MaxCommitBytes || producers > MaxCommitProducers)
        {
            throw new ArgumentException(
                $"A commit of {bytes} bytes and {producers} producers is above the store's limits of "
                + $"{MaxCommitBytes} bytes and {MaxCommitProducers} producers.",
                nameof(commit));
        }
    }

    private static void CheckBlock(StreamCommit commit, long oldTail, IncarnationList incarnations)
    {
        var newTail = commit.Block?.EndSequence ?? oldTail;
        if ((commit.Block is { } block
                && (block.FirstSequence != oldTail || block.Incarnation != incarnations.Latest.Incarnation))
            || commit.Head.Tail != newTail)
        {
            throw new ArgumentException(
                "A block continues at the old tail in the newest history, and the new tail is its end.", nameof(commit));
        }
    }

    private void CheckUsable(CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        cancellationToken.ThrowIfCancellationRequested();
    }
}
