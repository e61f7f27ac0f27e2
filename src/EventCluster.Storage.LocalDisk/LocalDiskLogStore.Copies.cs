using EventCluster.Abstractions.Store;
using EventCluster.Storage.LocalDisk.Format;
using EventCluster.Storage.LocalDisk.Index;
using EventCluster.Storage.LocalDisk.Journal;
using EventCluster.Storage.LocalDisk.Maintenance;

namespace EventCluster.Storage.LocalDisk;

/// <content>Backups, and the new histories that a restored or cut store opens.</content>
public sealed partial class LocalDiskLogStore
{
    // A history that was drawn after the backup must never be drawn again: its offsets are in clients' hands.
    private const long IncarnationsLostByRestore = 1L << 24;

    // Without flushes at most the last moments before a crash are lost.
    private const long IncarnationsLostByCrash = 1L << 20;
    private const int HistoriesPerBatch = 1000;

    private static readonly DateTimeOffset IncarnationEpoch = new(2020, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>
    /// Copies a consistent state while commits go on: everything acknowledged before the call, and maybe more. The copy
    /// opens only with <see cref="LocalDiskOptions.Restored"/>.
    /// </summary>
    /// <param name="targetDirectory">A missing or empty directory.</param>
    /// <param name="cancellationToken">Abandons the copy; remove the directory then.</param>
    /// <exception cref="DataDirectoryUnusableException">The target has files.</exception>
    public async Task BackupAsync(string targetDirectory, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            ThrowIfUnusable();
        }

        await _disk.CreateDirectoryAsync(targetDirectory);
        if ((await _disk.ListAsync(targetDirectory)).Count > 0)
        {
            throw new DataDirectoryUnusableException($"Backup target '{targetDirectory}' is not empty.");
        }

        await _housekeeper.AfterCheckpointAsync(checkpoint => CopyAsync(targetDirectory, checkpoint, cancellationToken));
    }

    private async Task CopyAsync(string target, uint checkpoint, CancellationToken cancellationToken)
    {
        var segments = new List<(Segment Segment, long Bytes)>();
        EndRecord record;
        lock (_gate)
        {
            record = new EndRecord(
                _opened.Start.StoreId, Counter: 1, _opened.Start.StartNumber, !_options.Flush, _index.Applied, _index.AppliedGroup);
            var journal = _opened.Start.Segments.All.Where(segment => segment.Id <= _index.Applied.Segment && segment.End > 0);
            foreach (var segment in journal)
            {
                var bytes = segment.Id == _index.Applied.Segment ? _index.Applied.Offset : segment.End;
                segments.Add((_opened.Start.Segments.Acquire(segment.Id), bytes));
            }
        }

        var copier = new FileCopier(_disk, target);
        try
        {
            foreach (var (segment, bytes) in segments)
            {
                await copier.CopyAsync(segment.File, bytes, DataFormat.SegmentFile(segment.Id), cancellationToken);
            }
        }
        finally
        {
            foreach (var (segment, _) in segments)
            {
                await _opened.Start.Segments.ReleaseAsync(segment);
            }
        }

        var name = DataFormat.CheckpointFile(checkpoint);
        var file = await _disk.OpenAsync($"{_options.Path}/{name}", writable: false);
        await using (file)
        {
            await copier.CopyAsync(file, file.Length, name, cancellationToken);
            record = record.With(
                [new ListedFile(checkpoint, file.Length)],
                segments.Select(copy => new ListedFile(copy.Segment.Id, copy.Bytes)));
        }

        await using (await EndFile.CreateAsync(_disk, target, record))
        {
            // Its name is durable, and so are those of all files before it.
        }

        // Last, and with a flush of the directory: a backup without it does not open.
        await (_opened.Format with { Copy = true }).WriteAsync(_disk, target);
    }

    /// <summary>
    /// What was acknowledged behind the recovered tails may be lost, so nothing new may be handed out under the same
    /// positions: every stream begins a new history at its tail.
    /// </summary>
    private async Task OpenNewHistoriesAsync(TimeProvider time)
    {
        if (!_options.Restored && !_opened.LostAcks)
        {
            return;
        }

        SkipLostIncarnations(_options.Restored ? IncarnationsLostByRestore : IncarnationsLostByCrash, time.GetUtcNow());
        foreach (var batch in _index.Entries.ToArray().Chunk(HistoriesPerBatch))
        {
            var commits = batch.Select(OpenNewHistory).ToArray();
            foreach (var commit in commits)
            {
                if (await commit is var status && status != CommitStatus.Committed)
                {
                    throw status == CommitStatus.Full
                        ? new DataDirectoryUnusableException($"'{_options.Path}' has no room for new histories of its streams.")
                        : new IOException($"'{_options.Path}': no new histories could be written: {_writer.Health.Reason}");
                }
            }
        }

        // Not even without flushes may these be lost: their numbers would be drawn again.
        var flush = new PendingFlush();
        _writer.Enqueue(flush);
        if (await flush.Task != CommitStatus.Committed)
        {
            throw new IOException($"'{_options.Path}': no new histories could be written: {_writer.Health.Reason}");
        }

        LogNewHistories(_logger, _index.Count, _options.Path);
        if (_opened.Format.Copy)
        {
            await (_opened.Format with { Copy = false }).WriteAsync(_disk, _options.Path);
        }
    }

    private void SkipLostIncarnations(long atMost, DateTimeOffset now)
    {
        lock (_gate)
        {
            var seconds = (long)(now - IncarnationEpoch).TotalSeconds;
            _incarnation = Math.Max(Math.Max(_incarnation, _index.LargestIncarnation) + atMost, seconds);
        }
    }

    private Task<CommitStatus> OpenNewHistory(StreamEntry entry)
    {
        lock (_gate)
        {
            var change = new CommitChange
            {
                Number = entry.Number,
                Fence = _fences.Next(),
                Version = entry.Version + 1,
                CommitId = new UInt128((ulong)_opened.Start.StartNumber, (ulong)entry.Number),
                Head = entry.Head,
                Incarnations = entry.Incarnations.Add(++_incarnation, entry.Head.Tail),
            };
            var pending = new PendingCommit(entry.Name, change, default, _inFlight);
            _inFlight.Add(entry.Name, pending);
            _writer.Enqueue(pending);
            return pending.Task;
        }
    }
}
