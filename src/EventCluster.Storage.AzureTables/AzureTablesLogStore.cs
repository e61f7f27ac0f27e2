using EventCluster.Abstractions;
using EventCluster.Abstractions.Store;
using EventCluster.Protocol;
using EventCluster.Storage.AzureTables.Commits;
using EventCluster.Storage.AzureTables.Entities;
using EventCluster.Storage.AzureTables.Identity;
using EventCluster.Storage.AzureTables.Index;
using EventCluster.Storage.AzureTables.Keys;
using EventCluster.Storage.AzureTables.Maintenance;
using EventCluster.Storage.AzureTables.Numbers;
using EventCluster.Storage.AzureTables.Tables;
using Microsoft.Extensions.Logging;

namespace EventCluster.Storage.AzureTables;

/// <summary>
/// The shared store on Azure Tables: a stream is a partition, a commit is one entity-group transaction whose condition is the
/// head's ETag (DESIGN section 8, CORRECTNESS rules 2 and 13). Many nodes may use one account.
/// </summary>
public sealed partial class AzureTablesLogStore : ILogStore
{
    private const char DueKind = 'd';
    private const char SweepKind = 'w';

    /// <summary>A name to ask for when only an answer is wanted; whether it exists does not matter.</summary>
    private static readonly StreamName _probe = StreamName.Parse("probe");

    private readonly AzureTablesOptions _options;
    private readonly TableSet _tables;
    private readonly StoreCondition _condition;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly IdentityGuard _guard;
    private readonly AliveStamps _stamps;
    private readonly AliveWatch _alive;
    private readonly Proofs _proofs;
    private readonly AzureTablesInstruments _instruments;
    private readonly CatalogueIndex _catalogue;
    private readonly TimedIndex _due;
    private readonly TimedIndex _sweep;
    private readonly Leftovers _leftovers;
    private readonly IncarnationCounter _incarnations;
    private readonly FenceFloor _floor;
    private readonly StreamCounter _counter;
    private readonly Housekeeper _housekeeper;
    private readonly SweepNotes _notes;
    private readonly RecordCache _records = new();
    private readonly InFlight _inFlight = new();
    private bool _disposed;

    /// <summary>Most payload bytes of one append: what one transaction of the service holds once it is written as text.</summary>
    public static int MaxAppendBytes => TableLimits.MaxAppendBytes;

    /// <inheritdoc />
    public Durability Durability => Durability.Flushed;

    /// <inheritdoc />
    public int MaxCommitBytes => TableLimits.MaxCommitBytes;

    /// <inheritdoc />
    public int MaxCommitProducers => TableLimits.MaxCommitProducers;

    /// <inheritdoc />
    public StoreHealth Health => _guard.Fault is { } foreign
        ? StoreHealth.Foreign(foreign)
        : _condition.Health.WithPartFault(_housekeeper.Fault ?? _leftovers.Fault ?? _alive.Fault);

    private long Now => _time.GetUtcNow().ToUnixTimeMilliseconds();

    /// <inheritdoc />
    public async ValueTask<OpenedStream> OpenAsync(StreamName name, CancellationToken cancellationToken)
    {
        for (var attempt = 0; ; attempt++)
        {
            // Every other time: of openers that only race each other, one wins each round.
            if (attempt % 2 == 1)
            {
                await ClaimAsync(name, cancellationToken);
            }

            var opened = await FindRecordAsync(name, cancellationToken) is { } record
                ? await TryOpenAsync(record, cancellationToken)
                : await TryOpenUnknownAsync(name, cancellationToken);
            if (opened is not null)
            {
                return opened;
            }
        }
    }

    /// <inheritdoc />
    public async ValueTask<CommitStatus> CommitAsync(StreamCommit commit, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(commit);
        var (bytes, producers) = (BytesOf(commit), commit.Producers.Count + commit.RemovedProducers.Count);
        if (bytes > MaxCommitBytes || producers > MaxCommitProducers)
        {
            throw new ArgumentException(
                $"A commit may have {MaxCommitBytes} bytes and {MaxCommitProducers} producers; this one has {bytes} and {producers}.",
                nameof(commit));
        }

        _inFlight.Begin();
        return await RunCommitAsync(commit).WaitAsync(cancellationToken);
    }

    /// <inheritdoc />
    public async ValueTask<StoredHead?> GetHeadAsync(StreamName name, CancellationToken cancellationToken) =>
        (await FindHeadAsync(name, cancellationToken)).Head;

    /// <inheritdoc />
    public async ValueTask<IReadOnlyList<HeadStamp>> GetStampsAsync(
        IReadOnlyList<StreamName> names, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(names);

        if (names.Count == 0)
        {
            await FindRecordAsync(_probe, cancellationToken, HeadEntity.FenceOnly);
        }

        // The service reads the whole table for a filter with several partitions: many small questions are less work.
        var records = await Task.WhenAll(names.Select(name => FindRecordAsync(name, cancellationToken, HeadEntity.FenceOnly)));
        return [.. records.Select(static record => record is { Exists: true } ? new HeadStamp(record.Fence, record.Version) : default)];
    }

    /// <inheritdoc />
    public async ValueTask<long> DrawIncarnationAsync(CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        return await _incarnations.DrawAsync(cancellationToken);
    }

    /// <inheritdoc />
    public async ValueTask<IReadOnlyList<StoredHead>> ListAsync(
        string prefix, StreamName? after, int limit, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(prefix);
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, 1);
        List<StoredHead> heads = [];
        while (true)
        {
            var wanted = Math.Min(TableLimits.MaxPageEntities, limit - heads.Count);
            var entries = await _catalogue.ListAsync(prefix, after, wanted, cancellationToken);
            var names = entries.GroupBy(entry => entry.Name).ToList();
            var found = await Task.WhenAll(names.Select(name => FindHeadAsync(name.Key, cancellationToken)));
            for (var i = 0; i < names.Count; i++)
            {
                Tidy(names[i], found[i].Record, found[i].Record?.Birth);
                heads.AddRange(found[i].Head is { } head ? [head] : []);
            }

            if (entries.Count < wanted || heads.Count >= limit)
            {
                return heads;
            }

            after = entries[^1].Name;
        }
    }

    /// <inheritdoc />
    public async ValueTask<IReadOnlyList<StreamName>> ListDueAsync(
        long nowMilliseconds, int limit, CancellationToken cancellationToken)
    {
        var shards = await Task.WhenAll(Enumerable.Range(0, TimedIndex.Shards).Select(
            shard => ListDueAsync(shard, nowMilliseconds, limit, cancellationToken)));
        return [.. shards.SelectMany(due => due).OrderBy(due => due.Row, StringComparer.Ordinal).Take(limit).Select(due => due.Name)];
    }

    /// <summary>Settles the commits that were sent, then closes the connections.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_disposed)
        {
            return;
        }

        await _inFlight.CloseAsync();
        _disposed = true;
        await _housekeeper.DisposeAsync();
        await _leftovers.DisposeAsync();
        await _alive.DisposeAsync();
        _tables.Dispose();
        _instruments.Dispose();
    }

    private static int BytesOf(StreamCommit commit) => (commit.Block?.Encoded.Length ?? 0) + (commit.State?.Length ?? 0);

    private async Task<List<IndexEntry>> ListDueAsync(
        int shard, long nowMilliseconds, int limit, CancellationToken cancellationToken)
    {
        List<IndexEntry> due = [];
        var after = "";
        while (true)
        {
            var wanted = Math.Min(TableLimits.MaxPageEntities, limit);
            var page = await _due.ListAsync(shard, nowMilliseconds, after, wanted, cancellationToken);
            var records = await Task.WhenAll(page.Select(
                entry => FindRecordAsync(entry.Name, cancellationToken, HeadEntity.StampsOnly)));
            due.AddRange(page.Where((entry, i) => Tidy([entry], records[i], records[i]?.Due)));
            if (page.Count < wanted || due.Count >= limit)
            {
                return due;
            }

            after = page[^1].Row;
        }
    }

    /// <summary>Puts dead entries of a name aside.</summary>
    /// <returns>True when one of them is live.</returns>
    private bool Tidy(IEnumerable<IndexEntry> entries, StreamRecord? record, Stamp? current)
    {
        var isLive = false;
        foreach (var entry in entries)
        {
            var state = entry.Judge(record, current ?? default);
            isLive |= state == EntryState.Live;
            if (state == EntryState.Dead)
            {
                _leftovers.Add(entry);
            }
        }

        return isLive;
    }
}
