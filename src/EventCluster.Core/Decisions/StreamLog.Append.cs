using System.Text;
using EventCluster.Abstractions.Store;
using EventCluster.Abstractions.Streams;
using EventCluster.Core.State;

namespace EventCluster.Core.Decisions;

/// <content>Appends and closes. Order of checks: closed, type, producer (a duplicate wins), expected tail, Stream-Seq.</content>
internal sealed partial class StreamLog
{
    private long _noIdleProducerBefore;

    /// <summary>No new streams and producers can be remembered.</summary>
    public bool IsStateFull => _limits.StreamState?.IsFull == true;

    /// <summary>Decides an append, a close, or both.</summary>
    public AppendOutcome Append(AppendRequest request, long now)
    {
        if (!IsLive)
        {
            return _state is { Lifecycle: Lifecycle.SoftDeleted } ? new AppendOutcome.Gone() : new AppendOutcome.NotFound();
        }

        if (IsOtherIncarnation(request.Incarnation))
        {
            return new AppendOutcome.NotFound();
        }

        if (State.Closed)
        {
            return AppendToClosed(request);
        }

        if (request.Events.Count > 0 && request.ContentType is { } type && type != State.ContentType)
        {
            return new AppendOutcome.ContentTypeMismatch(State.ContentType);
        }

        if (request.Producer is { } stamp && CheckProducer(stamp, now) is { } refused)
        {
            return refused;
        }

        if (request.ExpectedOffset is { } expected && (expected.Sequence != _head.Tail || !Incarnations.Holds(expected)))
        {
            return new AppendOutcome.TailMismatch(TailOffset);
        }

        if (request.StreamSeq is { } sequence && State.LastStreamSeq is { } last && !IsAfter(sequence, last))
        {
            return new AppendOutcome.StreamSeqConflict(last);
        }

        return Accept(request, now);
    }

    private AppendOutcome.Appended Accept(AppendRequest request, long now)
    {
        var first = TailOffset;
        AddEvents(request.Events, now);
        if (request.Producer is { } stamp)
        {
            Remember(stamp, now);
        }

        if (request.StreamSeq is not null || request.Close)
        {
            Change(State with
            {
                LastStreamSeq = request.StreamSeq ?? State.LastStreamSeq,
                Closed = request.Close,
                ClosedBy = request.Close ? request.Producer : null,
            });
        }

        Touch(Math.Max(now, AccessTime));
        return new AppendOutcome.Appended(first, TailOffset, request.Close);
    }

    private AppendOutcome AppendToClosed(AppendRequest request)
    {
        if (request.Producer is { } stamp)
        {
            if (stamp == State.ClosedBy)
            {
                return new AppendOutcome.Duplicate(TailOffset, stamp.Epoch, stamp.Sequence, Closed: true);
            }

            return !_producers.TryGetValue(stamp.Id, out var known)
                ? new AppendOutcome.RefusedClosed(TailOffset)
                : stamp.Epoch < known.Epoch
                    ? new AppendOutcome.StaleEpoch(known.Epoch)
                    : new AppendOutcome.RefusedClosed(
                        TailOffset, WasAccepted: stamp.Epoch == known.Epoch && stamp.Sequence <= known.Sequence);
        }

        return request.Close && request.Events.Count == 0
            ? new AppendOutcome.AlreadyClosed(TailOffset)
            : new AppendOutcome.RefusedClosed(TailOffset);
    }

    private AppendOutcome? CheckProducer(ProducerStamp stamp, long now)
    {
        if (!_producers.TryGetValue(stamp.Id, out var known))
        {
            return stamp.Sequence != 0
                ? new AppendOutcome.SequenceGap(0, stamp.Sequence)
                : IsStateFull ? new AppendOutcome.Unavailable(
                    UnavailableReason.StateFull,
                    "The memory for producers is used up, so no new one can be remembered; delete streams, or raise the memory budget.")
                : HasRoomForProducer(now) ? null : new AppendOutcome.ProducerLimit();
        }

        if (stamp.Epoch < known.Epoch)
        {
            return new AppendOutcome.StaleEpoch(known.Epoch);
        }

        if (stamp.Epoch > known.Epoch)
        {
            return stamp.Sequence == 0 ? null : new AppendOutcome.EpochMustStartAtZero(stamp.Sequence);
        }

        if (stamp.Sequence <= known.Sequence)
        {
            return new AppendOutcome.Duplicate(TailOffset, known.Epoch, known.Sequence, Closed: false);
        }

        return stamp.Sequence == known.Sequence + 1
            ? null
            : new AppendOutcome.SequenceGap(known.Sequence + 1, stamp.Sequence);
    }

    private bool HasRoomForProducer(long now) =>
        _producers.Count < MaxProducersNow || FindIdleProducer(now) is not null;

    /// <summary>
    /// While no producer may be forgotten, a quarter more are remembered: a clock that departed must not turn new
    /// producers of a busy stream away for as long as the process runs.
    /// </summary>
    private int MaxProducersNow => ExpirySuspended
        ? _limits.MaxProducers + Math.Max(1, _limits.MaxProducers / 4)
        : _limits.MaxProducers;

    private void Remember(ProducerStamp stamp, long now)
    {
        if (!_producers.ContainsKey(stamp.Id) && _producers.Count >= _limits.MaxProducers
            && FindIdleProducer(now) is { } idle)
        {
            _producers.Remove(idle);
            _removedProducers.Add(idle);
        }

        _removedProducers.Remove(stamp.Id);
        _producers[stamp.Id] = new ProducerEntry(stamp.Id, stamp.Epoch, stamp.Sequence, Math.Max(now, AccessTime));
        _changedProducers.Add(stamp.Id);
    }

    /// <summary>
    /// The producer that is idle for longest, if that is long enough; one that this commit changes never is. By a wall
    /// clock that jumped, one that was active a second ago looks idle for days: none is forgotten then (rules 7 and 9).
    /// </summary>
    private string? FindIdleProducer(long now)
    {
        if (ExpirySuspended)
        {
            return null;
        }

        if (now - _noIdleProducerBefore <= _limits.ProducerIdle && _noIdleProducerBefore != 0)
        {
            return null;
        }

        ProducerEntry? oldest = null;
        foreach (var producer in _producers.Values)
        {
            if (oldest is null || producer.LastUsedMilliseconds < oldest.LastUsedMilliseconds)
            {
                oldest = producer;
            }
        }

        if (oldest is not null && now - oldest.LastUsedMilliseconds > _limits.ProducerIdle)
        {
            return oldest.Id;
        }

        // Nobody was last used before this moment, so a scan cannot find anyone until that moment is old enough.
        _noIdleProducerBefore = oldest?.LastUsedMilliseconds ?? 0;
        return null;
    }

    private static bool IsAfter(string sequence, string last) =>
        Encoding.UTF8.GetBytes(sequence).AsSpan().SequenceCompareTo(Encoding.UTF8.GetBytes(last)) > 0;
}
