using EventCluster.Abstractions.Store;
using EventCluster.Abstractions.Streams;
using EventCluster.Core.Commands;
using EventCluster.Core.Decisions;
using EventCluster.Protocol;

namespace EventCluster.Core.Running;

/// <content>The driver: one at a time, from the first pending command until nothing is left.</content>
internal sealed partial class StreamLogRunner
{
    private readonly List<StreamCommand> _batch = [];
    private Queue<StreamCommand> _work = new();
    private StreamLog? _log;
    private bool _retentionIsBlocked;

    private async Task DriveAsync()
    {
        try
        {
            if (_log is null)
            {
                var (question, askedAt) = (_context.NoteQuestion(), _context.Clock.Read());
                var opened = await _context.Store.OpenAsync(Name, _context.StoreWait);
                var hasLost = opened.Head is { } head && _context.Acknowledged.Find(Name)?.IsMissingFrom(head) == true;
                if (!await TryAdoptAsync(opened, hasLost))
                {
                    return;
                }

                _context.Acknowledged.Forget(Name);
                var parked = Publish(block: null);
                NoteConfirmed(question, askedAt);
                TailWaiters.Wake(parked);
            }

            while (TryGetWork())
            {
                await DecideAsync();
                if (_log!.TakeCommit(_context.NextCommitId(), _context.Clock.Now) is not { } commit)
                {
                    await ReleaseWithoutCommitAsync();
                    continue;
                }

                CommitStatus? status = null;
                var (sent, sentAt) = (_context.NoteQuestion(), _context.Clock.Read());
                try
                {
                    status = await _context.Store.CommitAsync(commit, _context.StoreWait);
                }
                catch (Exception e)
                {
                    LogCommitUnknown(_context.Logger, Name.Value, commit.ExpectedVersion + 1, Surprise(e));
                }

                if (status == CommitStatus.Committed)
                {
                    NoteConfirmed(sent, sentAt);
                }

                await SettleAsync(commit, status);
            }
        }
        catch (Exception e) when (_context.Store.Health.IsFinal)
        {
            LogReopenFailed(_context.Logger, Name.Value, e);
            Abandon(
                static command => command.RefuseByStore(CommitStatus.Refused),
                static command => command.RefuseByStore(CommitStatus.Refused));
        }
        catch (OperationCanceledException) when (_context.IsCutOff)
        {
            AbandonUnknown(CutOffDetail, WakeReason.Moved);
        }
        catch (StoreUnreachableException e)
        {
            LogUnreachable(_context.Logger, Name.Value);
            Abandon(command => command.Fail(e), command => command.Fail(e));
        }
        catch (Exception e)
        {
            LogSurprise(_context.Logger, Name.Value, e);
            Abandon(command => command.Fail(e), command => command.Fail(e));
        }
    }

    /// <summary>True while there is something to do; otherwise the driver has stopped driving, in the same step.</summary>
    private bool TryGetWork()
    {
        if (_work.Count > 0 || _batch.Count > 0)
        {
            return true;
        }

        var isMissing = !_log!.IsStored;
        lock (_gate)
        {
            if (_isEnded)
            {
                return false;
            }

            if (_incoming.Count > 0)
            {
                (_incoming, _work, _incomingBytes) = (_work, _incoming, 0);
                return true;
            }

            if (!_retentionIsBlocked && _log.NeedsWindow(_context.Clock.Now))
            {
                return true;
            }

            _isDriving = false;
            _idle?.TrySetResult();
            if (!isMissing || _pins > 0)
            {
                return false;
            }

            EndUnderLock();
        }

        _ended(this);
        return false;
    }

    private async ValueTask DecideAsync()
    {
        var log = _log!;
        var now = _context.Clock.Now;
        log.ExpirySuspended = _context.Clock.IsSuspended;
        log.AccessTime = _context.Clock.AccessTime;
        log.Touch(Interlocked.Read(ref _touchedAt));
        if (log.IsExpired(now))
        {
            log.End();
        }
        else if (!_retentionIsBlocked && log.NeedsWindow(now))
        {
            await ApplyRetentionAsync(log, now);
        }

        while (!log.MustCommit && _work.TryPeek(out var command))
        {
            if (command.NeedsPreparation(log))
            {
                if (log.HasChanges || _batch.Count > 0)
                {
                    return;
                }

                if (!await TryPrepareAsync(command, log))
                {
                    continue;
                }
            }

            if (!log.Fits(command.EventCount, command.PayloadBytes))
            {
                return;
            }

            _work.Dequeue();
            _batch.Add(command);
            command.Decide(log, now);
        }
    }

    /// <summary>A command whose preparation fails (a damaged block, say) fails alone; nothing is decided yet.</summary>
    private async ValueTask<bool> TryPrepareAsync(StreamCommand command, StreamLog log)
    {
        try
        {
            await command.PrepareAsync(log, Blocks);
            return true;
        }
        catch (Exception e)
        {
            _work.Dequeue();
            command.Fail(e);
            return false;
        }
    }

    private async ValueTask ApplyRetentionAsync(StreamLog log, long now)
    {
        const int BlocksAtOnce = 1_024;
        try
        {
            var oldest = await Blocks.ListOldestAsync(log.View(), BlocksAtOnce);
            _retentionIsBlocked = oldest.Count == 0;
            log.OfferWindow(oldest);
            log.ApplyRetention(now);
        }
        catch (Exception e)
        {
            // Appends go on without it; the next commit lets retention try again.
            _retentionIsBlocked = true;
            LogRetentionFailed(_context.Logger, Name.Value, e);
        }
    }

    private void AbandonUnknown(string detail, WakeReason readers) => Abandon(
        decided => decided.Refuse(UnavailableReason.OutcomeUnknown, detail),
        waiting => waiting.Refuse(UnavailableReason.Moved, "The stream's owner ended; nothing was done."),
        readers);

    /// <summary>Ends the runner and answers everybody: what was in the commit, and what waited behind it.</summary>
    private void Abandon(
        Action<StreamCommand> answerDecided, Action<StreamCommand> answerWaiting, WakeReason readers = WakeReason.Changed)
    {
        NoteAcknowledged();
        Queue<StreamCommand> incoming;
        ParkedRead? parked;
        lock (_gate)
        {
            incoming = _incoming;
            _incoming = new Queue<StreamCommand>();
            _isDriving = false;
            EndUnderLock();
            parked = _waiters.TakeAll();
            _idle?.TrySetResult();
        }

        _ended(this);
        _batch.ForEach(answerDecided);
        foreach (var command in _work)
        {
            answerWaiting(command);
        }

        foreach (var command in incoming)
        {
            answerWaiting(command);
        }

        _batch.Clear();
        _work.Clear();
        TailWaiters.Wake(parked, readers);
    }

    /// <summary>Shows readers the committed instant in one step, and returns those who wait for it.</summary>
    private ParkedRead? Publish(EventBlock? block)
    {
        var view = _log!.View();
        NoteTouched(_log.TouchedAt);
        if (_context.TailCachesAreFull)
        {
            // Of this stream only the newest block is kept then; it shall not hold the memory of others.
            _log.Memory.Restart();
        }

        lock (_gate)
        {
            var old = _view;
            _view = view;
            _sharedBatch = null;
            if (old is not null && view.Head.Tail < old.Head.Tail)
            {
                // What the store lost is gone for readers too.
                _tail.Clear();
            }

            if (block is { } added && view.IsLive)
            {
                _tail.Add(added);
            }
            else if (!view.IsLive)
            {
                _tail.Clear();
            }

            if (old is null || old.Head.Tail != view.Head.Tail || old.Head.Earliest != view.Head.Earliest
                || old.IsLive != view.IsLive || (view.IsLive && old.State.Closed != view.State.Closed))
            {
                return _waiters.TakeAll();
            }

            return null;
        }
    }
}
