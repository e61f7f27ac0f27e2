using EventCluster.Abstractions;
using EventCluster.Abstractions.Store;
using EventCluster.Storage.LocalDisk.Checkpoints;
using EventCluster.Storage.LocalDisk.Disk;
using EventCluster.Storage.LocalDisk.Format;
using EventCluster.Storage.LocalDisk.Index;
using EventCluster.Storage.LocalDisk.Journal;
using EventCluster.Storage.LocalDisk.Recovery;
using Microsoft.Extensions.Logging;

namespace EventCluster.Storage.LocalDisk.Maintenance;

/// <summary>
/// Keeps start-up short and the disk small: writes checkpoints, copies live blocks out of mostly dead segments, and
/// drops segments that nothing needs (CORRECTNESS rule 12).
/// </summary>
internal sealed partial class Housekeeper : IAsyncDisposable
{
    // Starts leave small segments behind; this many are worth merging.
    private const int ManySmallSegments = 16;
    private const int SmallSegmentFraction = 16;
    private const int LookAfterFraction = 8;

    /// <summary>The reserve is not spent for less than this part of a segment.</summary>
    private const int LeastFractionToLeave = 4;

    private readonly AsyncSignal _signal = new();
    private readonly SemaphoreSlim _turn = new(1);
    private readonly HashSet<uint> _damaged = [];
    private readonly IDisk _disk;
    private readonly LocalDiskOptions _options;
    private readonly OpenedJournal _opened;
    private readonly Lock _gate;
    private readonly JournalWriter _writer;
    private readonly EndRecorder _ends;
    private readonly CheckpointWriter _checkpoints;
    private readonly Compactor _compactor;
    private readonly ILogger _logger;
    private readonly BackgroundLoop _loop = new("housekeeper of the journal");
    private KnownCheckpoints _known;
    private volatile bool _stopping;
    private long _checkpointedAt;
    private long _checkpointBytes;
    private long _lookAtWritten;
    private long _lookAtReleased;

    public Housekeeper(
        IDisk disk,
        LocalDiskOptions options,
        OpenedJournal opened,
        Lock gate,
        JournalWriter writer,
        EndRecorder ends,
        TimeProvider time,
        ILogger logger)
    {
        (_disk, _options, _opened, _gate, _writer, _ends, _logger) = (disk, options, opened, gate, writer, ends, logger);
        (_known, _checkpointedAt) = (opened.Checkpoints, -opened.BytesSinceCheckpoint);
        _checkpoints = new CheckpointWriter(disk, options.Path, opened.Format.StoreId, gate, opened.Index);
        _compactor = new Compactor(options, opened.Index, gate, writer, time);
        _loop.Start(() => Task.Factory.StartNew(
            RunAsync,
            CancellationToken.None,
            TaskCreationOptions.DenyChildAttach,
            options.Scheduler ?? TaskScheduler.Default).Unwrap());
    }

    /// <summary>Why it does not do its work; null while it does.</summary>
    public string? Fault => _loop.Fault;

    private StreamIndex Index => _opened.Index;

    private SegmentSet Segments => _opened.Start.Segments;

    private long SinceCheckpoint => _writer.WrittenBytes - _checkpointedAt;

    /// <summary>A group was applied; wakes the housekeeper when there may be something to do. Under the store's gate.</summary>
    public void Notice()
    {
        if (SinceCheckpoint >= _options.CheckpointEveryBytes
            || _writer.WrittenBytes >= _lookAtWritten
            || Index.Usage.ReleasedBytes >= _lookAtReleased)
        {
            _lookAtWritten = _writer.WrittenBytes + (_options.SegmentBytes / LookAfterFraction);
            _lookAtReleased = Index.Usage.ReleasedBytes + (_options.SegmentBytes / LookAfterFraction);
            _signal.Set();
        }
    }

    /// <summary>Looks whether there is something to do.</summary>
    public void Look() => _signal.Set();

    /// <summary>Runs something that needs the checkpoints and segments to stay as they are, right after a checkpoint.</summary>
    public async Task AfterCheckpointAsync(Func<uint, Task> action)
    {
        await _turn.WaitAsync();
        try
        {
            await WriteCheckpointAsync();
            await action(_known.Newest);
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>Ends; a last checkpoint makes the next start short.</summary>
    public async ValueTask DisposeAsync()
    {
        // No cancellation token: its callbacks would leave the scheduler.
        _loop.NoteStop();
        _stopping = true;
        _signal.Set();
        await _loop.StopAsync();
        if (SinceCheckpoint >= _options.CheckpointEveryBytes / ManySmallSegments && !_writer.Health.IsFinal)
        {
            await TryAsync(WriteCheckpointAsync);
        }

        _turn.Dispose();
    }

    private async Task RunAsync()
    {
        while (!_stopping)
        {
            await _signal.WaitAsync();
            if (!_stopping && !_writer.Health.IsFinal)
            {
                await TryAsync(LookAsync);
            }
        }
    }

    /// <summary>Nothing here is needed for correctness: what fails is logged and tried again when there is more to do.</summary>
    private async Task TryAsync(Func<Task> action)
    {
        await _turn.WaitAsync();
        try
        {
            await action();
        }
        catch (Exception e)
        {
            LogFailed(_logger, e);
        }
        finally
        {
            _turn.Release();
        }
    }

    private async Task LookAsync()
    {
        await LeaveDeadSegmentAsync();
        if (SinceCheckpoint >= _options.CheckpointEveryBytes)
        {
            await WriteCheckpointAsync();
        }

        foreach (var victim in Victims())
        {
            if (!await _compactor.TryEmptyAsync(victim, Segments.All, () => _stopping))
            {
                if (_stopping)
                {
                    return;
                }

                LogNotCompacted(_logger, victim.Path);
                _damaged.Add(victim.Id);
            }
        }

        var empty = Empty();
        if (empty.Any(segment => !_known.Cover(segment.Id)) && IsWorthACheckpoint(empty))
        {
            await WriteCheckpointAsync();
            await WriteCheckpointAsync();
        }

        // What emptied them must be durable before they go.
        var unneeded = Empty().Where(segment => _known.Cover(segment.Id)).ToArray();
        await FlushAsync();
        if (unneeded.Length > 0)
        {
            await _ends.UnlistAsync([.. unneeded.Select(segment => segment.Id)]);
        }

        foreach (var segment in unneeded)
        {
            LogDropped(_logger, segment.Path);
            lock (_gate)
            {
                Index.Usage.Forget(segment.Id);
            }

            await Segments.DropAsync(segment);
        }
    }

    /// <summary>
    /// On a full disk the segment that is written may hold most of what was deleted, and it is never closed, because there is
    /// no room for the next one. Then the reserve is the next one; what becomes free makes a new reserve.
    /// </summary>
    private async Task LeaveDeadSegmentAsync()
    {
        uint segment;
        lock (_gate)
        {
            if (_writer.Health.AcceptsWrites
                || Segments.All.FirstOrDefault(segment => segment.Id == Index.Applied.Segment) is not { } current
                || current.End < _options.SegmentBytes / LeastFractionToLeave
                || !IsMostlyDead(current))
            {
                return;
            }

            segment = current.Id;
        }

        var roll = new PendingRoll(_options.SegmentBytes, segment);
        _writer.Enqueue(roll);
        await roll.Task;
    }

    /// <summary>Two checkpoints are written to give segments free, so there must be something to gain.</summary>
    private bool IsWorthACheckpoint(IReadOnlyCollection<Segment> empty) =>
        !_writer.Health.AcceptsWrites || empty.Sum(segment => segment.Capacity) > 2 * _checkpointBytes;

    private Segment[] Closed()
    {
        lock (_gate)
        {
            return [.. Segments.All.Where(segment => segment.Id < Index.Applied.Segment)];
        }
    }

    private Segment[] Empty()
    {
        lock (_gate)
        {
            return [.. Closed().Where(segment => !_compactor.IsNeeded(segment, Segments.All))];
        }
    }

    private Segment[] Victims()
    {
        var closed = Closed();
        var small = closed.Where(segment => segment.End < _options.SegmentBytes / SmallSegmentFraction).ToArray();
        lock (_gate)
        {
            var victims = closed.Where(IsMostlyDead).Concat(small.Length > ManySmallSegments ? small : []);
            return [.. victims
                .Distinct()
                .Where(segment => !_damaged.Contains(segment.Id) && _compactor.IsNeeded(segment, Segments.All))
                .OrderBy(segment => segment.Id)];
        }
    }

    private bool IsMostlyDead(Segment segment)
    {
        var used = Math.Max(1, (long)segment.End - SegmentHeader.Bytes);
        return used - Index.Usage.LiveBytes(segment.Id) >= used * _options.CompactionThreshold;
    }

    private async Task WriteCheckpointAsync()
    {
        var written = _writer.WrittenBytes;
        var number = _known.LastNumber + 1;
        _known = _known with { LastNumber = number };
        var (range, bytes) = await _checkpoints.WriteAsync(number, _opened.Start.StartNumber, FlushAsync);
        var kept = _known.Newest;
        _known = _known.Then(number, range.From);
        (_checkpointedAt, _checkpointBytes) = (written, bytes);
        LogCheckpoint(_logger, number, range.From.ToString(), bytes);
        await _ends.ListCheckpointsAsync(new ListedFile(number, bytes), kept);
        foreach (var old in DataFormat.Checkpoints(await _disk.ListAsync(_options.Path)))
        {
            if (old != number && old != kept)
            {
                await _disk.DeleteAsync($"{_options.Path}/{DataFormat.CheckpointFile(old)}");
            }
        }
    }

    private async Task FlushAsync()
    {
        if (_options.Flush)
        {
            return;
        }

        var flush = new PendingFlush();
        _writer.Enqueue(flush);
        if (await flush.Task != CommitStatus.Committed)
        {
            throw new IOException("The journal does not flush.");
        }
    }
}
