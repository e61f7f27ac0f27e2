using EventCluster.Abstractions.Streams;
using EventCluster.Core.State;

namespace EventCluster.Core.Decisions;

/// <content>How a stream ends: at once, or behind its forks (rule 8), by delete or by time (rule 9).</content>
internal sealed partial class StreamLog
{
    /// <summary>
    /// Begins a new incarnation at the tail: positions up to there stay valid, those beyond belong to commits that the store lost.
    /// </summary>
    public void StartIncarnation(long number)
    {
        _incarnations = Incarnations.Add(Math.Max(number, Incarnations.Latest.Incarnation + 1), _head.Tail);
        _incarnationsChanged = true;
    }

    /// <summary>The stream's time is over; an access commits <see cref="End"/> before it answers.</summary>
    public bool IsExpired(long now) => !ExpirySuspended && Deadline <= now;

    /// <summary>Decides a delete.</summary>
    public DeleteOutcome Delete()
    {
        if (!IsLive)
        {
            return _state is { Lifecycle: Lifecycle.SoftDeleted } ? new DeleteOutcome.Gone() : new DeleteOutcome.NotFound();
        }

        End();
        return new DeleteOutcome.Deleted();
    }

    /// <summary>Ends a live stream. With forks on it, or with a hold on its source to release, something stays behind.</summary>
    public void End()
    {
        _window.Clear();
        var tail = _head.Tail;
        Purge(_head.Earliest, tail);
        _head = _head with { Earliest = tail, RetainedBytes = 0 };
        _headChanged = true;
        if (_forks.Count > 0)
        {
            Change(State with { Lifecycle = Lifecycle.SoftDeleted });
            ReleaseSourceIfUnused();
            return;
        }

        ReleaseOrRemove();
    }

    private void ReleaseOrRemove()
    {
        if (State.Origin is { HoldsSource: true } origin)
        {
            Change(State with { Origin = origin with { HoldsSource = false }, OwesRelease = true });
        }

        if (State.OwesRelease)
        {
            Change(State with { Lifecycle = Lifecycle.Releasing });
        }
        else
        {
            _removed = true;
        }
    }
}
