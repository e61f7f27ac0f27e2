using EventCluster.Abstractions.Store;
using EventCluster.Storage.LocalDisk.Format;

namespace EventCluster.Storage.LocalDisk.Journal;

/// <content>Segments and the full disk.</content>
internal sealed partial class JournalWriter
{
    /// <summary>Bytes for records in the current segment: the header of this group and a last seal always fit.</summary>
    private long Room => _current.Capacity - _current.End
        - (_current.End == 0 ? SegmentHeader.Bytes : 0) - (2 * GroupHeader.Bytes);

    /// <summary>Most bytes of records that a segment of this size can hold in one group.</summary>
    public static int MaxRecordBytes(int segmentBytes) => segmentBytes - SegmentHeader.Bytes - (2 * GroupHeader.Bytes);

    private SegmentHeader NextHeader() => new(_current.Id, _start.StoreId, _flushed, _start.StartNumber, !_options.Flush);

    private async ValueTask<bool> TryMakeRoomAsync(PendingRecord first)
    {
        if (!_health.AcceptsWrites && !first.MayUseReserve)
        {
            return false;
        }

        if (first.MeasuredBytes <= Room)
        {
            return true;
        }

        // The next segment was made ahead; using it up without a replacement is for records that help a full disk.
        var wanted = first.MayUseReserve && !_health.AcceptsWrites ? 1 : 2;
        try
        {
            if (!await _spares.TryHaveAsync(wanted))
            {
                EnterFull($"No room for another journal segment of {_options.SegmentBytes} bytes.");
                if (!first.MayUseReserve || !await _spares.TryHaveAsync(1))
                {
                    return false;
                }
            }
        }
        catch (DiskShortageException e)
        {
            // The one that was made ahead does until the next roll.
            if (_spares.Count == 0)
            {
                EnterShortage(e);
                return false;
            }
        }

        // A segment that never got its header is no part of the journal: nothing may name it as its predecessor.
        if (_current.End > 0 && _flushed < _current.EndPosition)
        {
            await FlushAsync();
        }

        _current = _spares.Take();
        _start.Segments.Add(_current);
        return true;
    }

    /// <summary>Answers everything that may not use the reserve, and the first of the others if even that is used up.</summary>
    private void RefuseFull()
    {
        List<PendingRecord> refused = [];
        lock (_queueGate)
        {
            var first = _queue.Peek();
            refused.AddRange(_queue.Where(record => !record.MayUseReserve || record == first));
            _queue = new Queue<PendingRecord>(_queue.Where(record => record.MayUseReserve && record != first));
        }

        Refuse(refused, CommitStatus.Full);
    }

    /// <summary>
    /// The disk was full before the flush: nothing of the group may stay. The segment ends where the group began, and
    /// what may use the reserve is tried there.
    /// </summary>
    private async ValueTask GiveUpSegmentAsync(uint offset, DiskFullException e)
    {
        await CutAsync(offset);
        EnterFull(e.Message);
        Requeue(record => record.MayUseReserve);
    }

    private async ValueTask CutAsync(uint offset)
    {
        await _current.File.TruncateAsync(offset);
        await _current.File.FlushAsync();
        _current.EndEarly(offset);
    }

    /// <summary>What may be tried again goes back to the head of the queue; the others hear that the disk is full.</summary>
    private void Requeue(Func<PendingRecord, bool> again)
    {
        List<PendingRecord> refused;
        lock (_queueGate)
        {
            _queue = new Queue<PendingRecord>([.. _batch.Where(again), .. _queue]);
            refused = [.. _batch.Where(record => !again(record))];
        }

        Refuse(refused, CommitStatus.Full);
        _batch.Clear();
    }

    /// <summary>Short of descriptors or memory, with nothing flushed: what waits goes on waiting, and is tried again.</summary>
    private void EnterShortage(DiskShortageException e)
    {
        LogShort(_logger, e.Message);
        _short = true;
        Arm(_options.RetryFullAfter);
    }

    private void EnterFull(string reason)
    {
        if (_health.AcceptsWrites)
        {
            LogFull(_logger, reason);
            _health = new StoreHealth(AcceptsWrites: false, IsFinal: false, reason);
            Arm(_options.RetryFullAfter);
        }
    }

    /// <summary>Makes the reserve of a new start; without room for it the rest of the current segment is the reserve.</summary>
    private async ValueTask KeepReserveAsync()
    {
        try
        {
            if (!await _spares.TryHaveAsync(1))
            {
                EnterFull($"No room for a journal segment of {_options.SegmentBytes} bytes in reserve.");
            }
        }
        catch (DiskShortageException e)
        {
            LogShort(_logger, e.Message);
        }
    }

    /// <summary>Told now and then while the disk is full.</summary>
    public Action? StillFull { get; set; }

    private async ValueTask TryLeaveFullAsync()
    {
        // One spare must stay in reserve; without ordinary room in the current segment the next group takes another.
        try
        {
            if (await _spares.TryHaveAsync(Room > MaxRecordBytes(_options.SegmentBytes) / 2 ? 1 : 2))
            {
                LogRoomAgain(_logger);
                _health = StoreHealth.Good;
                return;
            }
        }
        catch (DiskShortageException)
        {
            // Asked again with the next tick.
        }

        StillFull?.Invoke();
    }
}
