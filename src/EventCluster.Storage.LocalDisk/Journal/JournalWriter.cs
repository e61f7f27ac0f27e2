using EventCluster.Abstractions;
using EventCluster.Abstractions.Store;
using EventCluster.Storage.LocalDisk.Format;
using Microsoft.Extensions.Logging;

namespace EventCluster.Storage.LocalDisk.Journal;

/// <summary>
/// The one writer of the journal: takes everything pending, one vectored write, one flush, then all completions. What
/// comes while a group is being flushed makes up the next one. Callers wait for their record, so the queue holds at most
/// one commit per stream.
/// </summary>
/// <remarks>A failed write or flush is final (CORRECTNESS rule 11); only a full disk noticed before the flush is not.</remarks>
internal sealed partial class JournalWriter : IAsyncDisposable
{
    // Callers continue inside these tasks: one for each would wake a thread for each, one for all would use one core.
    private const int CompletionsPerTask = 16;

    private readonly Lock _queueGate = new();
    private readonly TaskScheduler _completions;
    private Queue<PendingRecord> _queue = new();
    private readonly AsyncSignal _signal = new();
    private readonly GroupBuffer _group = new();
    private readonly List<PendingRecord> _batch = [];
    private readonly LocalDiskOptions _options;
    private readonly JournalStart _start;
    private readonly SpareSegments _spares;
    private readonly Action<IReadOnlyList<PendingRecord>, JournalPosition, long> _applied;
    private readonly Action<IReadOnlyList<PendingRecord>> _abandoned;
    private readonly EndRecorder _ends;
    private readonly ILogger _logger;
    private readonly ITimer _timer;
    private readonly BackgroundLoop _loop = new("writer of the journal");
    private Segment _current;
    private JournalPosition _flushed;
    private long _groupNumber;
    private long _armedAtGroup;
    private bool _sealed = true;
    private bool _armed;
    private bool _short;
    private volatile bool _timerFired;
    private volatile bool _stopping;
    private volatile Exception? _fault;
    private volatile StoreHealth _health = StoreHealth.Good;

    public JournalWriter(
        LocalDiskOptions options,
        JournalStart start,
        Action<IReadOnlyList<PendingRecord>, JournalPosition, long> applied,
        Action<IReadOnlyList<PendingRecord>> abandoned,
        EndRecorder ends,
        TimeProvider time,
        ILogger logger,
        TaskScheduler scheduler)
    {
        (_options, _start, _applied, _abandoned, _ends, _logger) = (options, start, applied, abandoned, ends, logger);
        _completions = options.Scheduler ?? TaskScheduler.Default;
        (_current, _flushed, _groupNumber) = (start.Current, start.Flushed, start.GroupNumber);
        _spares = new SpareSegments(start.Segments, start.Current.Id + 1, options.SegmentBytes);
        _timer = time.CreateTimer(
            _ =>
            {
                _timerFired = true;
                _signal.Set();
            },
            null,
            Timeout.InfiniteTimeSpan,
            Timeout.InfiniteTimeSpan);
        _loop.Start(() => Task.Factory.StartNew(
            RunAsync, CancellationToken.None, TaskCreationOptions.DenyChildAttach, scheduler).Unwrap());
    }

    public StoreHealth Health => _health;

    /// <summary>Why it does not do its work though the journal has not failed; null while it does.</summary>
    public string? Fault => _loop.Fault;

    /// <summary>Journal bytes written since the start.</summary>
    public long WrittenBytes { get; private set; }

    /// <summary>Queues a record; its task tells the outcome.</summary>
    public void Enqueue(PendingRecord record)
    {
        bool wake, refused;
        lock (_queueGate)
        {
            refused = _health.IsFinal || _stopping;
            wake = !refused && _queue.Count == 0;
            if (!refused)
            {
                _queue.Enqueue(record);
            }
        }

        if (refused)
        {
            Refuse([record], CommitStatus.Refused);
        }

        if (wake)
        {
            _signal.Set();
        }
    }

    /// <summary>Something that the journal cannot do without has failed for good.</summary>
    public void Fail(Exception fault)
    {
        _fault = fault;
        _signal.Set();
    }

    /// <summary>Writes what is queued, seals the journal as cleanly stopped, and ends.</summary>
    public async ValueTask DisposeAsync()
    {
        lock (_queueGate)
        {
            _stopping = true;
        }

        _loop.NoteStop();
        _signal.Set();
        await _loop.StopAsync();
        await _timer.DisposeAsync();
    }

    private async Task RunAsync()
    {
        try
        {
            await KeepReserveAsync();
            while (true)
            {
                await _signal.WaitAsync();

                // Read before the queue is emptied: nothing is queued after it is set, so nothing can be left behind.
                var stopping = _stopping;
                if (_fault is { } fault)
                {
                    FailForGood(fault);
                }

                _short &= !_timerFired;
                while (await TryWriteGroupAsync())
                {
                }

                if (_health.IsFinal)
                {
                    break;
                }

                if (stopping)
                {
                    RefuseQueued();
                    await SealAsync(GroupKind.CleanStop);
                    break;
                }

                await OnTimerAsync();
            }
        }
        catch (Exception e)
        {
            FailForGood(e);
        }
    }

    private async ValueTask<bool> TryWriteGroupAsync()
    {
        if (!_health.IsFinal && !_short && await TryGatherAsync())
        {
            await WriteGroupAsync();
            return true;
        }

        return !_health.IsFinal && !_short && HasPending();
    }

    private bool HasPending()
    {
        lock (_queueGate)
        {
            return _queue.Count > 0;
        }
    }

    /// <summary>Takes what fits into one group; false when nothing is pending or the first could not be given room.</summary>
    private async ValueTask<bool> TryGatherAsync()
    {
        PendingRecord? first;
        lock (_queueGate)
        {
            if (!_queue.TryPeek(out first))
            {
                return false;
            }
        }

        if (!await TryMakeRoomAsync(first))
        {
            if (!_short)
            {
                RefuseFull();
            }

            return false;
        }

        var room = Room;
        long bytes = 0;
        lock (_queueGate)
        {
            while (_queue.TryPeek(out var next)
                && bytes + next.MeasuredBytes <= (_batch.Count == 0 ? room : Math.Min(room, _options.MaxGroupBytes))
                && (_health.AcceptsWrites || next.MayUseReserve))
            {
                _queue.Dequeue();
                _batch.Add(next);
                bytes += next.MeasuredBytes;
            }
        }

        return true;
    }

    private async ValueTask WriteGroupAsync()
    {
        var (offset, forced) = (_current.End, false);
        _group.Begin(_current, offset == 0 ? NextHeader() : null, offset);
        foreach (var record in _batch)
        {
            record.Write(_group);
            forced |= record.ForcesFlush;
        }

        try
        {
            if (_group.Records > 0)
            {
                await WriteAsync(GroupKind.Records, offset);
            }

            if ((_options.Flush && _group.Records > 0) || forced)
            {
                await FlushAsync();
            }
        }
        catch (DiskFullException e)
        {
            await GiveUpSegmentAsync(offset, e);
            return;
        }
        catch (DiskShortageException e)
        {
            // Nothing is flushed: the same records are written over what may be there.
            Requeue(_ => true);
            EnterShortage(e);
            return;
        }
        catch (Exception e)
        {
            FailForGood(e);
            return;
        }

        Settle();
    }

    private void Settle()
    {
        _applied(_batch, _current.EndPosition, _groupNumber);
        Complete(_batch, static record => record.Complete(CommitStatus.Committed));
        _batch.Clear();
        if (!_sealed && !_armed)
        {
            Arm(_options.SealAfter);
        }
    }

    /// <summary>
    /// Callers of a small group continue on the writer's thread: for them the way to the pool is longer than what they do.
    /// Those of a larger one continue in a few tasks beside it.
    /// </summary>
    private void Complete(IReadOnlyList<PendingRecord> records, Action<PendingRecord> complete)
    {
        if (records.Count <= CompletionsPerTask && _options.Scheduler is null)
        {
            // In a task of the pool's scheduler, or what callers await next would come back to this thread.
            var few = records.ToArray();
            var task = new Task(() => Array.ForEach(few, complete), CancellationToken.None, TaskCreationOptions.DenyChildAttach);
            task.RunSynchronously(TaskScheduler.Default);
            return;
        }

        foreach (var chunk in records.Chunk(CompletionsPerTask))
        {
            _ = Task.Factory.StartNew(
                () => Array.ForEach(chunk, complete),
                CancellationToken.None,
                TaskCreationOptions.DenyChildAttach,
                _completions);
        }
    }

    private async ValueTask WriteAsync(GroupKind kind, uint offset)
    {
        await _current.File.WriteAsync(_group.Finish(kind, _groupNumber + 1, _flushed), offset);
        _groupNumber++;
        _current.End = checked((uint)(offset + _group.Length));
        WrittenBytes += _group.Length;
        _sealed = false;
    }

    private async ValueTask FlushAsync()
    {
        await _current.File.FlushAsync();
        _flushed = _current.EndPosition;
        _ends.Publish(_flushed, _groupNumber);
    }

    private async ValueTask SealAsync(GroupKind kind)
    {
        // Room for the last seal is always kept; an ordinary one must leave it.
        var least = kind == GroupKind.CleanStop ? 0 : GroupHeader.Bytes;
        if (_current.End == 0 || _current.Capacity - _current.End < GroupHeader.Bytes + least)
        {
            _sealed = true;
            return;
        }

        if (_flushed < _current.EndPosition)
        {
            await FlushAsync();
        }

        var offset = _current.End;
        _group.Begin(_current, null, offset);
        try
        {
            await WriteAsync(kind, offset);
        }
        catch (DiskFullException e)
        {
            // Nothing needs the seal: a later group or the end record says the same.
            await CutAsync(offset);
            EnterFull(e.Message);
            _sealed = true;
            return;
        }
        catch (DiskShortageException)
        {
            // The next group or seal is written over what may be there.
            return;
        }

        await FlushAsync();
        _sealed = true;
        if (kind == GroupKind.CleanStop)
        {
            await _current.File.TruncateAsync(_current.End);
            await _current.File.FlushAsync();
        }
    }

    private async ValueTask OnTimerAsync()
    {
        if (!_timerFired)
        {
            return;
        }

        (_timerFired, _armed) = (false, false);
        if (!_health.AcceptsWrites)
        {
            await TryLeaveFullAsync();
        }

        if (!_sealed && _groupNumber == _armedAtGroup)
        {
            await SealAsync(GroupKind.Seal);
        }

        if (!_sealed || !_health.AcceptsWrites || _short)
        {
            Arm(_health.AcceptsWrites && !_short ? _options.SealAfter : _options.RetryFullAfter);
        }
    }

    private void Arm(TimeSpan after)
    {
        (_armed, _armedAtGroup) = (true, _groupNumber);
        _timer.Change(after, Timeout.InfiniteTimeSpan);
    }

    private void FailForGood(Exception e)
    {
        _health = new StoreHealth(AcceptsWrites: false, IsFinal: true, $"The journal failed: {e.Message}");

        LogFailed(_logger, e, _current.Path);
        _abandoned(_batch);
        Complete(
            _batch, record => record.Fail(new IOException($"The outcome of a commit is unknown: {e.Message}", e)));

        _batch.Clear();
        RefuseQueued();
    }

    private void RefuseQueued()
    {
        List<PendingRecord> refused;
        lock (_queueGate)
        {
            refused = [.. _queue];
            _queue.Clear();
        }

        Refuse(refused, CommitStatus.Refused);
    }

    /// <summary>The store hears of it first: the caller's next commit must not meet this one.</summary>
    private void Refuse(IReadOnlyList<PendingRecord> records, CommitStatus status)
    {
        _abandoned(records);
        Complete(records, record => record.Complete(status));
    }
}
