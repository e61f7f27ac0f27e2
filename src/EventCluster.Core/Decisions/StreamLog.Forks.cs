using EventCluster.Abstractions.Streams;
using EventCluster.Core.State;
using EventCluster.Protocol;

namespace EventCluster.Core.Decisions;

/// <content>Forks (rule 8): named holds on the source's side, the owed release on the fork's side.</content>
internal sealed partial class StreamLog
{
    private long OwnFrom => State.Origin?.Point ?? 0;

    /// <summary>Decides, as the source, whether a fork may be made, and takes the hold for it.</summary>
    public HoldDecision Hold(ForkSpec spec, StreamName fork, StreamContentType? type, long incarnation, long now)
    {
        if (!IsLive)
        {
            return HoldDecision.Refused(_state is { Lifecycle: Lifecycle.SoftDeleted }
                ? new CreateOutcome.SourceGone()
                : new CreateOutcome.SourceNotFound());
        }

        if (type is { } requested && requested != State.ContentType)
        {
            return HoldDecision.Refused(new CreateOutcome.SourceTypeMismatch(State.ContentType));
        }

        if (State.ForkDepth + 1 > _limits.MaxForkDepth)
        {
            return HoldDecision.Refused(new CreateOutcome.ForkTooDeep());
        }

        if (incarnation < Incarnations.Latest.Incarnation)
        {
            // The source was created again after the fork's number was drawn: a later history needs a larger number.
            return HoldDecision.Refused(new CreateOutcome.Unavailable(
                UnavailableReason.Moved, "The fork's source was created again meanwhile; nothing was done; try again."));
        }

        if (FindForkPoint(spec, out var point) is { } refusal)
        {
            return HoldDecision.Refused(refusal);
        }

        var hold = new ForkHold(fork, incarnation, _head.Earliest, point, Confirmed: false, now);
        var id = ForkReservations.IdOf(fork, incarnation);
        var isAgain = _forks.TryGet(id, out var abandoned);
        if (!isAgain && _forks.Count >= _limits.MaxForks)
        {
            return HoldDecision.Refused(new CreateOutcome.ForkLimit(_limits.MaxForks));
        }

        var old = State.Holds.FirstOrDefault(other => IsOf(other, fork, incarnation));
        var left = MoveApart(old, isDropped: true);
        var withHold = left with { Holds = [.. left.Holds, hold] };
        if (StreamStateCodec.Encode(withHold).Length > _limits.MaxStateBytes)
        {
            // Room comes by what an earlier build left here moving out.
            Change(old is null ? left : left with { Holds = [.. left.Holds, old] });
            return HoldDecision.Refused(new CreateOutcome.Unavailable(
                UnavailableReason.Overloaded, "Too many forks of the source are being created; try again after a moment."));
        }

        _forks.Add(hold);
        if (isAgain && old is null)
        {
            RemoveApart(id);
        }

        Change(withHold);
        if (isAgain)
        {
            // After a crash the store draws the number of an attempt again if only that attempt's hold carried it: one
            // key must never stand for two holds, or dropping it once would leave the other for ever.
            Purge(abandoned.From, Math.Min(abandoned.To, _head.Earliest));
        }

        return HoldDecision.Held(BasisFor(spec, incarnation, point));
    }

    /// <summary>Notes that a fork's head is committed: its reservation leaves the state for an entry of its own.</summary>
    public void ConfirmHold(StreamName fork, long incarnation)
    {
        if (_state?.Holds.FirstOrDefault(hold => IsOf(hold, fork, incarnation)) is { Confirmed: false } hold)
        {
            Change(MoveApart(hold));
        }
    }

    /// <summary>A fork has its hold here.</summary>
    public bool HasHold(StreamName fork, long incarnation) => _forks.TryGet(ForkReservations.IdOf(fork, incarnation), out _);

    /// <summary>Forks that hold events of this stream.</summary>
    public int ForkCount => _forks.Count;

    /// <summary>Their reservations.</summary>
    public ForkReservations Forks => _forks;

    /// <summary>Ends a fork that was just made and has no hold on its source; false when something was committed to it since.</summary>
    public bool RemoveOrphan(long incarnation)
    {
        if (!IsLive || _version != 1 || HasChanges || State.Origin is not { HoldsSource: true } origin
            || origin.Incarnation != incarnation)
        {
            return false;
        }

        End();
        return true;
    }

    /// <summary>Drops a fork's hold; a soft-deleted stream whose last hold goes ends for good. Repeatable.</summary>
    public void DropHold(StreamName fork, long incarnation)
    {
        var id = ForkReservations.IdOf(fork, incarnation);
        if (_state is null || !_forks.TryRemove(id, out var dropped))
        {
            return;
        }

        if (State.Holds.FirstOrDefault(hold => IsOf(hold, fork, incarnation)) is { } inState)
        {
            Change(MoveApart(inState, isDropped: true));
        }
        else
        {
            RemoveApart(id);
        }

        Purge(dropped.From, Math.Min(dropped.To, _head.Earliest));
        if (State.Lifecycle == Lifecycle.SoftDeleted && _forks.Count == 0)
        {
            ReleaseOrRemove();
            return;
        }

        ReleaseSourceIfUnused();
    }

    /// <summary>The source has dropped this stream's hold: nothing is owed any more.</summary>
    public void SettleRelease(long incarnation)
    {
        if (_state is not { OwesRelease: true, Origin: { } origin } || origin.Incarnation != incarnation)
        {
            return;
        }

        Change(State with { OwesRelease = false });
        if (State.Lifecycle == Lifecycle.Releasing)
        {
            _removed = true;
        }
    }

    private static bool IsOf(ForkHold hold, StreamName fork, long incarnation) =>
        hold.Fork == fork && hold.Incarnation == incarnation;

    private void RemoveApart(string id)
    {
        _changedForks.Remove(id);
        _removedProducers.Add(id);
    }

    /// <summary>
    /// Takes a reservation out of the state, and with it some that an earlier build left there: no fork pays for all of
    /// them, and after a few the list is empty.
    /// </summary>
    private StreamState MoveApart(ForkHold? hold, bool isDropped = false)
    {
        List<ForkHold> left = new(State.Holds.Count);
        var room = _limits.MaxCommitProducers - 1
            - _changedProducers.Count - _removedProducers.Count - _changedForks.Count;
        room = Math.Min(room, MovedApartAtOnce);
        foreach (var other in State.Holds)
        {
            var isMoved = ReferenceEquals(other, hold) ? !isDropped : other.Confirmed && room-- > 0;
            if (isMoved)
            {
                var id = ForkReservations.IdOf(other.Fork, other.Incarnation);
                _changedForks.Add(id);
                _removedProducers.Remove(id);
            }
            else if (!ReferenceEquals(other, hold))
            {
                left.Add(other);
            }
        }

        return State with { Holds = left, KeepsForksApart = State.KeepsForksApart || _changedForks.Count > 0 };
    }

    private CreateOutcome? FindForkPoint(ForkSpec spec, out long point)
    {
        var offset = spec.FromStart ? Incarnations.OffsetAfter(_head.Earliest) : spec.Offset ?? TailOffset;
        point = offset.Sequence;
        if (offset.Incarnation == Incarnations.Latest.Incarnation && point > _head.Tail)
        {
            return new CreateOutcome.InvalidFork($"The fork offset {offset} is beyond the source's tail {TailOffset}.");
        }

        if (!Incarnations.Holds(offset) || point < _head.Earliest)
        {
            var reason = Incarnations.Holds(offset) ? ReasonFor(State, point) : GapReason.Recreated;
            return new CreateOutcome.ForkGap(
                new StreamGap(offset, Incarnations.OffsetAfter(_head.Earliest), TailOffset, reason));
        }

        var available = _head.Tail - point;
        if (State.ContentType.Kind != PayloadKind.Json)
        {
            return spec.SubOffset > 0 && available == 0
                ? new CreateOutcome.InvalidFork("The fork sub-offset points into an event, but none follows the fork offset.")
                : null;
        }

        if (spec.SubOffset > available)
        {
            return new CreateOutcome.InvalidFork(
                $"The fork sub-offset is {spec.SubOffset}, but {available} events follow the fork offset.");
        }

        point += spec.SubOffset;
        return null;
    }

    private ForkBasis BasisFor(ForkSpec spec, long incarnation, long point)
    {
        List<InheritedRange> inherited = [];
        foreach (var range in State.Inherited)
        {
            if (range.From < point)
            {
                inherited.Add(range with { To = Math.Min(range.To, point) });
            }
        }

        if (point > OwnFrom)
        {
            inherited.Add(new InheritedRange(Name, OwnFrom, point));
        }

        return new ForkBasis
        {
            Origin = new ForkOrigin(
                spec.Source, spec.Offset, spec.FromStart, spec.SubOffset, incarnation, point, HoldsSource: true),
            Earliest = _head.Earliest,
            Incarnations = Incarnations.UpTo(point),
            Inherited = inherited,
            ContentType = State.ContentType,
            TtlSeconds = State.TtlSeconds,
            ExpiresAt = State.ExpiresAt,
            LastEventMilliseconds = _head.LastEventMilliseconds,
            Trimmed = State.Trimmed,
            Lost = State.Lost,
            Depth = State.ForkDepth + 1,
        };
    }

    /// <summary>
    /// A fork whose own head passed the fork point, with no fork of its own that needs earlier events, needs its source
    /// no longer: the release is owed from this commit on.
    /// </summary>
    /// <param name="hasMoved">
    /// The head just moved, so it passed the fork point by standing on it; a fork that inherits nothing always stands there.
    /// </param>
    private void ReleaseSourceIfUnused(bool hasMoved = false)
    {
        if (State.Origin is { HoldsSource: true } origin
            && (_head.Earliest > origin.Point || (hasMoved && _head.Earliest == origin.Point))
            && !(_forks.First < origin.Point))
        {
            Change(State with { Origin = origin with { HoldsSource = false }, OwesRelease = true });
        }
    }
}
