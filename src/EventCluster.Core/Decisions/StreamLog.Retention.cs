using EventCluster.Abstractions.Store;
using EventCluster.Abstractions.Streams;
using EventCluster.Core.State;
using EventCluster.Protocol;

namespace EventCluster.Core.Decisions;

/// <content>
/// Retention and trim. An event is inside the limits if its number from the tail, the bytes from it to the tail and its
/// age are; retention drops the oldest block once none of its events is inside. The newest block goes by age only.
/// </content>
internal sealed partial class StreamLog
{
    private readonly Queue<RetainedBlock> _window = new();
    private long _ageDue;

    /// <summary>The wall clock cannot be trusted: nothing ends by time, and no producer is forgotten (rule 9).</summary>
    public bool ExpirySuspended { get; set; }

    /// <summary>The time of accesses decided now, where it is later than the wall clock; Unix milliseconds.</summary>
    public long AccessTime { get; set; }

    /// <summary>Retention has work that needs the oldest blocks, which <see cref="OfferWindow"/> brings.</summary>
    public bool NeedsWindow(long now) => IsLive && _window.Count == 0 && _head.Earliest < _head.Tail && IsOverLimits(now);

    /// <summary>Gives retention the oldest blocks, from the earliest position on, consecutive.</summary>
    public void OfferWindow(IReadOnlyList<RetainedBlock> oldest)
    {
        _window.Clear();
        foreach (var block in oldest)
        {
            _window.Enqueue(block);
        }

        NoteOldest();
    }

    /// <summary>Drops what is outside the limits, as far as the known oldest blocks tell.</summary>
    public void ApplyRetention(long now)
    {
        if (!IsLive || Retention(State).IsEmpty)
        {
            return;
        }

        while (_window.TryPeek(out var block) && IsOutside(block, now))
        {
            _window.Dequeue();
            MoveHead(block.End, block.OwnBytes);
            NoteOldest();
        }
    }

    /// <summary>Decides a change of limits; only the given ones change.</summary>
    public ConfigureOutcome? Configure(RetentionLimits changes)
    {
        if (!IsLive)
        {
            return _state is { Lifecycle: Lifecycle.SoftDeleted } ? new ConfigureOutcome.Gone() : new ConfigureOutcome.NotFound();
        }

        var old = State.Retention;
        var merged = new RetentionLimits(
            changes.Events ?? old.Events, changes.Bytes ?? old.Bytes, changes.AgeSeconds ?? old.AgeSeconds);
        if (merged != old)
        {
            Change(State with { Retention = merged });
            NoteOldest();
        }

        return null;
    }

    /// <summary>Why a trim to this position has nothing to do, or null when it has.</summary>
    public TrimOutcome? CheckTrim(StreamOffset before) =>
        !IsLive ? _state is { Lifecycle: Lifecycle.SoftDeleted } ? new TrimOutcome.Gone() : new TrimOutcome.NotFound()
        : before.Sequence > _head.Tail || !Incarnations.Holds(before) ? new TrimOutcome.InvalidPosition(TailOffset)
        : null;

    /// <summary>Moves the head forward to a checked position.</summary>
    /// <param name="before">Sequence of the new earliest position.</param>
    /// <param name="ownBytes">Payload bytes of the stream's own events that this drops.</param>
    public void Trim(long before, long ownBytes)
    {
        var from = _head.Earliest;
        if (before <= from)
        {
            return;
        }

        _window.Clear();
        MoveHead(before, ownBytes);
        var last = State.Trimmed;
        Change(State with { Trimmed = new SequenceRange(last.To == from ? last.From : from, before) });
    }

    /// <summary>Why a position before the earliest one cannot be served.</summary>
    public static GapReason ReasonFor(StreamState state, long sequence) =>
        IsIn(state.Trimmed, sequence) ? GapReason.Trimmed
        : IsIn(state.Lost, sequence) ? GapReason.Unknown
        : GapReason.Expired;

    private static bool IsIn(SequenceRange range, long sequence) => sequence >= range.From && sequence < range.To;

    private static long Milliseconds(long age) => Math.Min(age, StreamState.LongestTtlSeconds) * 1000;

    private static long? Milliseconds(long? age) => age is { } seconds ? Milliseconds(seconds) : null;

    private RetentionLimits Retention(StreamState state)
    {
        var (own, defaults) = (state.Retention, _limits.RetentionDefaults);
        if (own.IsEmpty)
        {
            return defaults;
        }

        // Most often there is nothing to mix, and this is asked with every commit.
        var isPlain = defaults.IsEmpty && own.Events != RetentionLimits.Unlimited && own.Bytes != RetentionLimits.Unlimited
            && own.AgeSeconds != RetentionLimits.Unlimited;
        return isPlain
            ? own
            : new RetentionLimits(
                Effective(own.Events, defaults.Events),
                Effective(own.Bytes, defaults.Bytes),
                Effective(own.AgeSeconds, defaults.AgeSeconds));
    }

    private static long? Effective(long? own, long? byDefault) => own == RetentionLimits.Unlimited ? null : own ?? byDefault;

    private bool IsOverLimits(long now)
    {
        var limits = Retention(State);
        return _head.Tail - _head.Earliest > limits.Events
            || _head.RetainedBytes > limits.Bytes
            || (limits.AgeSeconds is not null && !ExpirySuspended && _ageDue <= now);
    }

    private bool IsOutside(RetainedBlock block, long now)
    {
        var limits = Retention(State);
        var bytesAfter = _head.RetainedBytes - block.OwnBytes;
        return _head.Tail - block.End >= limits.Events
            || bytesAfter >= limits.Bytes
            || (block.Count == 1 && block.End < _head.Tail && _head.RetainedBytes > limits.Bytes)
            || (!ExpirySuspended && block.LastTimeMilliseconds + Milliseconds(limits.AgeSeconds) <= now);
    }

    /// <summary>When the oldest block is too old; a time not later than that when the block is not known.</summary>
    private long AgeDue() => Retention(State).AgeSeconds is null || _head.Earliest == _head.Tail
        ? StreamHead.NeverDue
        : _ageDue;

    private void NoteOldest()
    {
        if (Retention(State).AgeSeconds is { } age)
        {
            _ageDue = _window.TryPeek(out var oldest) ? oldest.LastTimeMilliseconds + Milliseconds(age) : 0;
        }
    }

    private void NoteFirstEvent(long time)
    {
        if (Retention(State).AgeSeconds is { } age)
        {
            _ageDue = time + Milliseconds(age);
        }
    }

    private void MoveHead(long to, long ownBytes)
    {
        var from = _head.Earliest;
        _head = _head with { Earliest = to, RetainedBytes = _head.RetainedBytes - ownBytes };
        _headChanged = true;
        Purge(from, to);
        if (State.Inherited.Count > 0 && State.Inherited[0].To <= to)
        {
            Change(State with { Inherited = [.. State.Inherited.Where(range => range.To > to)] });
        }

        ReleaseSourceIfUnused(hasMoved: true);
    }

    /// <summary>Gives up own events of a range that readers of this stream no longer use, except what forks hold.</summary>
    private void Purge(long from, long to)
    {
        var next = Math.Max(from, OwnFrom);
        foreach (var hold in _forks.InOrder)
        {
            if (hold.From >= to)
            {
                break;
            }

            if (hold.To <= next)
            {
                continue;
            }

            AddPurge(next, Math.Min(hold.From, to));
            next = Math.Max(next, hold.To);
        }

        AddPurge(next, to);
    }

    private void AddPurge(long from, long to)
    {
        if (from < to)
        {
            _purges.Add(new SequenceRange(from, to));
        }
    }
}
