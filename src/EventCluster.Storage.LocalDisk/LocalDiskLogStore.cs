using EventCluster.Abstractions;
using EventCluster.Abstractions.Store;
using EventCluster.Protocol;
using EventCluster.Storage.LocalDisk.Disk;
using EventCluster.Storage.LocalDisk.Format;
using EventCluster.Storage.LocalDisk.Index;
using EventCluster.Storage.LocalDisk.Journal;
using EventCluster.Storage.LocalDisk.Maintenance;
using EventCluster.Storage.LocalDisk.Reading;
using EventCluster.Storage.LocalDisk.Recovery;
using Microsoft.Extensions.Logging;

namespace EventCluster.Storage.LocalDisk;

/// <summary>
/// The embedded store: one append-only journal per node, group commit over all streams, an index in memory that is
/// rebuilt from the newest checkpoint and a scan (DESIGN section 8, CORRECTNESS rules 2 and 10 to 12).
/// </summary>
public sealed partial class LocalDiskLogStore : ILogStore
{
    /// <summary>The data format that this build writes.</summary>
    public const int FormatVersion = DataFormat.Version;

    private readonly Lock _gate = new();
    private readonly StreamIndex _index;
    private readonly FenceTable _fences;
    private readonly Dictionary<StreamName, PendingCommit> _inFlight = [];
    private readonly OpenedJournal _opened;
    private readonly EndRecorder _ends;
    private readonly JournalWriter _writer;
    private readonly Housekeeper _housekeeper;
    private readonly JournalThread? _ownThread;
    private readonly IDisk _disk;
    private readonly ILogger _logger;
    private readonly LocalDiskOptions _options;
    private long _incarnation;
    private int _creating;
    private bool _disposed;

    private LocalDiskLogStore(
        OpenedJournal opened, LocalDiskOptions options, IDisk disk, TimeProvider time, ILogger<LocalDiskLogStore> logger)
    {
        (_opened, _options, _disk, _logger, _index) = (opened, options, disk, logger, opened.Index);
        _fences = new FenceTable(opened.Start.StartNumber);
        if (options.StreamState is { } share)
        {
            _index.CountIn(share);
        }

        _incarnation = opened.Index.LargestIncarnation;
        MaxCommitBytes = Math.Min(options.MaxCommitBytes, JournalWriter.MaxRecordBytes(options.SegmentBytes) / 2);
        MaxCommitProducers = Math.Clamp(options.SegmentBytes / 1024, 16, ProtocolLimits.MaxProducersPerStream);
        _ownThread = options.Scheduler is null ? new JournalThread() : null;
        _ends = new EndRecorder(options, opened.Ends, opened.Start, time, logger);
        _writer = new JournalWriter(
            options, opened.Start, Applied, Abandoned, _ends, time, logger, options.Scheduler ?? _ownThread!);
        _ends.Failed = _writer.Fail;
        _housekeeper = new Housekeeper(disk, options, opened, _gate, _writer, _ends, time, logger);
        _writer.StillFull = _housekeeper.Look;
    }

    /// <inheritdoc />
    public Durability Durability => _options.Flush ? Durability.Flushed : Durability.Memory;

    /// <inheritdoc />
    public int MaxCommitBytes { get; }

    /// <inheritdoc />
    public int MaxCommitProducers { get; }

    /// <inheritdoc />
    public StoreHealth Health => _writer.Health.WithPartFault(_writer.Fault ?? _housekeeper.Fault ?? _ends.Fault);

    /// <summary>Opens the store of a directory; an empty or missing one becomes a new store.</summary>
    /// <exception cref="DataDirectoryLockedException">Another process has it open.</exception>
    /// <exception cref="DataDirectoryUnusableException">It is a backup, or not a data directory, or has no room.</exception>
    /// <exception cref="UnsupportedDataFormatException">A newer version wrote it.</exception>
    /// <exception cref="LogDamagedException">Flushed data is damaged; the message names streams and sequences.</exception>
    public static async Task<LocalDiskLogStore> OpenAsync(
        LocalDiskOptions options,
        IDisk disk,
        TimeProvider time,
        ILogger<LocalDiskLogStore> logger,
        CancellationToken cancellationToken)
    {
        LocalDiskOptions.Check(options);
        var opened = await new JournalOpener(disk, options, time, logger).OpenAsync(cancellationToken);
        var store = new LocalDiskLogStore(opened, options, disk, time, logger);
        try
        {
            await store.OpenNewHistoriesAsync(time);
            return store;
        }
        catch
        {
            await store.DisposeAsync();
            throw;
        }
    }

    /// <inheritdoc />
    public async ValueTask<OpenedStream> OpenAsync(StreamName name, CancellationToken cancellationToken)
    {
        while (true)
        {
            Task settled;
            lock (_gate)
            {
                ThrowIfUnusable();
                if (!_inFlight.TryGetValue(name, out var inFlight))
                {
                    return OpenSettled(name);
                }

                settled = inFlight.WhenSettled();
            }

            // An earlier owner's commit is being written: the head that it leaves is the one to open with.
            await settled;
            cancellationToken.ThrowIfCancellationRequested();
        }
    }

    /// <inheritdoc />
    public ValueTask<CommitStatus> CommitAsync(StreamCommit commit, CancellationToken cancellationToken)
    {
        Check(commit);
        PendingCommit pending;
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            var entry = _index.Find(commit.Name);
            if (Refuse(commit, entry) is { } refusal)
            {
                return new(refusal);
            }

            var change = ToChange(commit, entry);
            pending = new PendingCommit(commit.Name, change, commit.Remove ? default : commit.Block?.Encoded ?? default, _inFlight);
            if (pending.MeasuredBytes > JournalWriter.MaxRecordBytes(_options.SegmentBytes))
            {
                throw new ArgumentException(
                    $"A commit of {pending.MeasuredBytes} bytes does not fit a segment.", nameof(commit));
            }

            _inFlight.Add(commit.Name, pending);
            _creating += entry is null ? 1 : 0;
        }

        pending.EndWaitOn(cancellationToken);
        _writer.Enqueue(pending);
        return new(pending.Task);
    }

    /// <inheritdoc />
    /// <remarks>A lock file keeps every other process out.</remarks>
    public bool IsShared => false;

    /// <inheritdoc />
    public ValueTask<StoredHead?> GetHeadAsync(StreamName name, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            return new(_index.Find(name)?.ToHead());
        }
    }

    /// <inheritdoc />
    public async ValueTask<IReadOnlyList<EventBlock>> ReadAsync(
        BlockRange range, int maxBytes, CancellationToken cancellationToken)
    {
        if (Look(range, maxBytes) is not { } wanted)
        {
            return [];
        }

        try
        {
            return await BlockReader.ReadAsync(wanted);
        }
        finally
        {
            foreach (var segment in wanted.Segments.Values)
            {
                await _opened.Start.Segments.ReleaseAsync(segment);
            }
        }
    }

    /// <inheritdoc />
    public ValueTask<IReadOnlyList<BlockInfo>> ListBlocksAsync(
        StreamName name, long from, int limit, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            if (_index.Find(name)?.Blocks is not { } blocks)
            {
                return new([]);
            }

            var first = blocks.FirstEndingAfter(from);
            var infos = new BlockInfo[Math.Min(limit, blocks.Count - first)];
            for (var i = 0; i < infos.Length; i++)
            {
                ref readonly var block = ref blocks.Items[first + i];
                infos[i] = new BlockInfo(
                    blocks.IncarnationOf(block),
                    block.FirstSequence,
                    block.Count,
                    block.PayloadBytes,
                    block.LastTimeMilliseconds);
            }

            return new(infos);
        }
    }

    /// <inheritdoc />
    public ValueTask<long> DrawIncarnationAsync(CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            ThrowIfUnusable();
            _incarnation = Math.Max(_incarnation, _index.LargestIncarnation) + 1;
            return new(_incarnation);
        }
    }

    /// <inheritdoc />
    public ValueTask<IReadOnlyList<StoredHead>> ListAsync(
        string prefix, StreamName? after, int limit, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            return new([.. _index.List(prefix, after).Take(limit).Select(entry => entry.ToHead())]);
        }
    }

    /// <inheritdoc />
    public ValueTask<IReadOnlyList<StreamName>> ListDueAsync(
        long nowMilliseconds, int limit, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            return new([.. _index.ListDue(nowMilliseconds).Take(limit)]);
        }
    }

    /// <summary>Writes what was sent, marks the journal as cleanly stopped, and gives the directory free.</summary>
    public async ValueTask DisposeAsync()
    {
        lock (_gate)
        {
            if (_disposed)
            {
                return;
            }

            _disposed = true;
        }

        await _housekeeper.DisposeAsync();
        await _writer.DisposeAsync();
        if (!_writer.Health.IsFinal)
        {
            await _ends.RecordStopAsync();
        }

        await _ends.DisposeAsync();
        _ownThread?.Dispose();
        await _opened.Start.Segments.CloseAsync();
        await _opened.Lock.DisposeAsync();
    }
}
