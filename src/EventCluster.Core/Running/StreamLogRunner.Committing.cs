using System.Runtime.CompilerServices;
using EventCluster.Abstractions.Store;
using EventCluster.Abstractions.Streams;
using EventCluster.Core.Commands;
using EventCluster.Core.Decisions;

namespace EventCluster.Core.Running;

/// <content>What becomes of a commit: released, decided again, refused, or unknown (CORRECTNESS rules 1 and 2).</content>
internal sealed partial class StreamLogRunner
{
    /// <summary>A command whose commits keep not landing is answered after this many.</summary>
    private const int MaxAttempts = 3;

    private UInt128 _lastCommitId;
    private AcknowledgedHead? _lost;

    /// <summary>What becomes of a commit that the store answered; null when it did not.</summary>
    private ValueTask SettleAsync(StreamCommit commit, CommitStatus? status)
    {
        switch (status)
        {
            case CommitStatus.Committed:
                _lastCommitId = commit.CommitId;
                _log!.Committed();
                _retentionIsBlocked = false;
                Release(commit);
                return ValueTask.CompletedTask;
            case CommitStatus.Conflict:
                LogCommitConflict(_context.Logger, Name.Value, commit.ExpectedVersion + 1, commit.Fence);
                return RecoverAsync(commit);
            case null:
                return RecoverAsync(commit);
            default:
                return RefuseAsync(commit, status.Value);
        }
    }

    /// <summary>
    /// A commit proves ownership. Outcomes without one must not come from an owner that was replaced and has not noticed:
    /// a producer would be told of a gap that is none, a creator of a stream that is deleted.
    /// </summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask ReleaseWithoutCommitAsync()
    {
        if (_batch.Exists(static command => command.NeedsOwnership))
        {
            var (stamp, question, askedAt) = await _context.Confirmer.AskAsync(Name, CancellationToken.None);
            if (stamp.Exists ? stamp.Fence != _log!.Fence : _log!.IsStored)
            {
                LogOwnershipLost(_context.Logger, Name.Value);
                const string Detail = "Another owner took the stream over; nothing was done.";
                Abandon(
                    static decided => decided.Refuse(UnavailableReason.Moved, Detail),
                    static waiting => waiting.Refuse(UnavailableReason.Moved, Detail),
                    WakeReason.Moved);
                return;
            }

            NoteConfirmed(question, askedAt);
        }

        ReleaseBatch();
    }

    /// <summary>
    /// Rule 2: opens again under a new fence. The next version with this commit's identity means landed, the same version
    /// means not landed; anything else means another owner.
    /// </summary>
    private async ValueTask RecoverAsync(StreamCommit commit)
    {
        if (await TryReopenAsync() is not { } opened)
        {
            return;
        }

        if (HasLanded(commit, opened.Head))
        {
            Adopt(opened);
            Release(commit);
            if (opened.MayHaveLostCommits && await TryStartIncarnationAsync())
            {
                TailWaiters.Wake(Publish(block: null));
            }
        }
        else if (IsBasis(commit, opened.Head) || HasLostCommits(opened.Head))
        {
            if (await TryAdoptAsync(opened, HasLostCommits(opened.Head)))
            {
                TailWaiters.Wake(Publish(block: null));
                DecideAgain();
            }
        }
        else
        {
            LogOwnershipLost(_context.Logger, Name.Value);
            AbandonUnknown("Another owner took the stream over while the commit was in flight.", WakeReason.Moved);
        }
    }

    /// <summary>Nothing was written: answers what the refusal is about and decides the rest again from the store's head.</summary>
    private async ValueTask RefuseAsync(StreamCommit commit, CommitStatus status)
    {
        // A store that is full or away reports that itself, once; a line per append would take the last room of the disk.
        if (status is not (CommitStatus.Full or CommitStatus.Unreachable))
        {
            LogCommitRefused(_context.Logger, Name.Value, status);
        }

        if (status is CommitStatus.Refused or CommitStatus.Unreachable)
        {
            Abandon(command => command.RefuseByStore(status), command => command.RefuseByStore(status));
            return;
        }

        if (await TryReopenAsync() is not { } opened)
        {
            return;
        }

        var hasLost = HasLostCommits(opened.Head);
        if (!hasLost && !IsBasis(commit, opened.Head))
        {
            AbandonUnknown("Another owner took the stream over.", WakeReason.Moved);
            return;
        }

        if (!await TryAdoptAsync(opened, hasLost))
        {
            return;
        }

        TailWaiters.Wake(Publish(block: null));
        _retentionIsBlocked = true;
        RefuseWaitingForTheLog(status);
        var isAboutRoom = _batch.Exists(command => command.NeedsRoom) && _batch.Exists(command => !command.NeedsRoom);
        for (var i = _batch.Count - 1; i >= 0; i--)
        {
            if (!isAboutRoom || _batch[i].NeedsRoom)
            {
                var refused = _batch[i];
                _batch.RemoveAt(i);
                refused.RefuseByStore(status);
            }
        }

        DecideAgain();
    }

    /// <summary>
    /// The commit was the log's own (an expiry, a newest access) and commands waited for it: nothing can be decided for
    /// them before it is committed, so they are answered instead of tried for ever.
    /// </summary>
    private void RefuseWaitingForTheLog(CommitStatus status)
    {
        while (_batch.Count == 0 && _work.TryDequeue(out var waiting))
        {
            waiting.RefuseByStore(status);
        }
    }

    private async ValueTask<OpenedStream?> TryReopenAsync()
    {
        try
        {
            return await _context.Store.OpenAsync(Name, _context.StoreWait);
        }
        catch (Exception e)
        {
            LogReopenFailed(_context.Logger, Name.Value, Surprise(e));
            AbandonUnknown("The store did not answer whether the commit landed.", WakeReason.Changed);
            return null;
        }
    }

    /// <summary>An outage is no surprise: the store reports it once, not once per stream with its stack.</summary>
    private static Exception? Surprise(Exception exception) => exception is StoreUnreachableException or OperationCanceledException ? null : exception;

    private void Adopt(OpenedStream opened)
    {
        _log = new StreamLog(Name, opened, _context.Limits);
        _lastCommitId = opened.Head?.LastCommitId ?? default;
        if (opened.Head is { } head)
        {
            _context.Incarnations.Note(head.Incarnations);
        }

        _retentionIsBlocked = false;
        NoteTouched(_log.TouchedAt);
    }

    /// <summary>
    /// Takes an opened head over. If the store lost commits, or may have, a new incarnation begins first (rule 28); false when that
    /// could not be committed and the runner ended.
    /// </summary>
    private async ValueTask<bool> TryAdoptAsync(OpenedStream opened, bool hasLost)
    {
        _lost = hasLost ? Acknowledged ?? _context.Acknowledged.Find(Name) : null;
        Adopt(opened);
        return (_lost is null && !opened.MayHaveLostCommits) || await TryStartIncarnationAsync();
    }

    private async ValueTask<bool> TryStartIncarnationAsync()
    {
        var log = _log!;
        var (stored, tail) = (log.Version, log.View().Descriptor.Tail);
        CommitStatus? status = null;
        try
        {
            log.StartIncarnation(await _context.Incarnations.DrawAsync(_context.StoreWait));
            var commit = log.TakeCommit(_context.NextCommitId(), _context.Clock.Now)!;
            status = await _context.Store.CommitAsync(commit, _context.StoreWait);
            _lastCommitId = commit.CommitId;
        }
        catch (Exception e)
        {
            LogCommitUnknown(_context.Logger, Name.Value, stored + 1, Surprise(e));
        }

        if (status != CommitStatus.Committed)
        {
            // The next open finds the same, and begins again.
            AbandonUnknown("The store lost commits of the stream and does not take its new incarnation now.", WakeReason.Changed);
            return false;
        }

        log.Committed();
        _context.Incarnations.Note(log.Incarnations);
        _context.Instruments.Restarted(isProven: _lost is not null);
        if (_lost is { } acknowledged)
        {
            _lost = null;
            LogCommitsLost(_context.Logger, Name.Value, stored, acknowledged.Version, tail.ToString());
        }
        else
        {
            LogIncarnationStarted(_context.Logger, Name.Value, tail.ToString());
        }

        return true;
    }

    /// <summary>The newest head that this owner knows to be committed; null when there was no stream.</summary>
    private AcknowledgedHead? Acknowledged => _lost
        ?? (_log is { IsStored: true, Version: > 0 } log && View is { IsStored: true } view
            ? new AcknowledgedHead(log.Version, _lastCommitId, view.Incarnations.Latest.Incarnation)
            : null);

    private bool HasLostCommits(StoredHead? stored) => stored is not null && Acknowledged?.IsMissingFrom(stored) == true;

    /// <summary>The owner ends against its will: the next one here compares with what this one knows.</summary>
    private void NoteAcknowledged()
    {
        if (Acknowledged is { } head)
        {
            _context.Acknowledged.Note(Name, head);
        }
    }

    private static bool HasLanded(StreamCommit commit, StoredHead? head) => commit.Remove
        ? head is null
        : head is not null && head.Version == commit.ExpectedVersion + 1 && head.LastCommitId == commit.CommitId;

    private bool IsBasis(StreamCommit commit, StoredHead? head) => commit.ExpectedVersion == 0
        ? head is null
        : head is not null && head.Version == commit.ExpectedVersion && head.LastCommitId == _lastCommitId;

    private void DecideAgain()
    {
        if (_batch.Count == 0 && _work.TryPeek(out var next) && ++next.Attempts >= MaxAttempts)
        {
            // The log's own commit keeps not landing; whoever waits for it is answered after a while.
            _work.Dequeue();
            next.Refuse(UnavailableReason.Moved, "The store did not take the commit; nothing was done.");
        }

        var waiting = _work;
        _work = new Queue<StreamCommand>();
        foreach (var command in _batch)
        {
            if (++command.Attempts >= MaxAttempts)
            {
                command.Refuse(UnavailableReason.Moved, "The store did not take the commit; nothing was done.");
            }
            else
            {
                _work.Enqueue(command);
            }
        }

        _batch.Clear();
        foreach (var command in waiting)
        {
            _work.Enqueue(command);
        }
    }

    /// <summary>Shows the committed instant, answers the commands of the commit in order, and wakes the waiting reads.</summary>
    private void Release(StreamCommit commit)
    {
        // The answers first: they must not wait for thousands of readers to be woken.
        var parked = Publish(commit.Block);
        ReleaseBatch();
        TailWaiters.Wake(parked);
    }

    private void ReleaseBatch()
    {
        var view = View!;
        foreach (var command in _batch)
        {
            command.Release(view);
        }

        _batch.Clear();
    }
}
