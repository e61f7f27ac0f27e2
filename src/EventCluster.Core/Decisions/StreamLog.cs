using System.Runtime.InteropServices;
using EventCluster.Abstractions;
using EventCluster.Abstractions.Store;
using EventCluster.Core.State;
using EventCluster.Protocol;

namespace EventCluster.Core.Decisions;

/// <summary>
/// The state machine of one stream: commands and the time go in, decisions come out. No I/O, no clock, no waiting; one
/// caller at a time. Decisions build on those made since the last commit; <see cref="TakeCommit"/> turns all of them
/// into one atomic change. When a commit fails, the whole log is thrown away and read from the store again.
/// </summary>
internal sealed partial class StreamLog
{
    /// <summary>An append changes one producer and may forget another.</summary>
    private const int EntriesPerAppend = 2;

    /// <summary>Reservations of forks that an earlier build kept in the state: so many leave it with a commit that changes one.</summary>
    private const int MovedApartAtOnce = 16;

    private readonly LogLimits _limits;
    private readonly Dictionary<string, ProducerEntry> _producers = new(StringComparer.Ordinal);

    private readonly List<ReadOnlyMemory<byte>> _newPayloads = [];
    private readonly List<long> _newTimes = [];
    private readonly HashSet<string> _changedProducers = new(StringComparer.Ordinal);
    private readonly List<string> _removedProducers = [];
    private readonly ForkReservations _forks = new();
    private readonly HashSet<string> _changedForks = new(StringComparer.Ordinal);
    private readonly List<SequenceRange> _purges = [];
    private long _newPayloadBytes;
    private bool _stateChanged;
    private bool _incarnationsChanged;
    private bool _headChanged;
    private bool _removed;
    private bool _hasUnconfirmedHold;

    private StreamState? _state;
    private IncarnationList? _incarnations;
    private StreamHead _head;
    private long _version;
    private long _touchedAt;

    /// <summary>A log as the store opened it.</summary>
    public StreamLog(StreamName name, OpenedStream opened, LogLimits limits)
    {
        Name = name;
        Fence = opened.Fence;
        _limits = limits;
        if (opened.Head is not { } stored)
        {
            return;
        }

        _version = stored.Version;
        _head = stored.Head;
        _incarnations = stored.Incarnations;
        _state = StreamStateCodec.Decode(stored.State);
        _hasUnconfirmedHold = _state.Holds.Any(hold => !hold.Confirmed);

        // After a crash or takeover the newest access may be an interval after the committed one: late, never early.
        _touchedAt = _state.LatestTouch;
        _ageDue = stored.Head.DueAtMilliseconds == StreamHead.NeverDue ? 0 : stored.Head.DueAtMilliseconds;
        foreach (var hold in _state.Holds)
        {
            _forks.Add(hold);
        }

        foreach (var entry in opened.Producers)
        {
            if (_state.KeepsForksApart && ForkReservations.IsReservation(entry))
            {
                _forks.Add(entry);
            }
            else
            {
                _producers.Add(entry.Id, entry);
            }
        }
    }

    /// <summary>The stream.</summary>
    public StreamName Name { get; }

    /// <summary>The ownership that commits name.</summary>
    public long Fence { get; }

    /// <summary>Where new blocks are encoded.</summary>
    public BlockMemory Memory { get; } = new();

    /// <summary>Number of commits so far.</summary>
    public long Version => _version;

    /// <summary>Something is stored under the name.</summary>
    public bool IsStored => _state is not null;

    /// <summary>The stream exists for clients.</summary>
    public bool IsLive => _state is { Lifecycle: Lifecycle.Live };

    /// <summary>Decisions wait for a commit.</summary>
    public bool HasChanges => _headChanged || _stateChanged || _incarnationsChanged || _removed
        || _newPayloads.Count > 0 || _changedProducers.Count > 0 || _removedProducers.Count > 0 || _changedForks.Count > 0 || _purges.Count > 0;

    /// <summary>Nothing more may be decided before the changes so far are committed.</summary>
    public bool MustCommit => _removed;

    /// <summary>Positions, bytes and times, including decisions that are not committed yet.</summary>
    public StreamHead Head => _head;

    /// <summary>The owner's state, including decisions that are not committed yet. Only for a stored stream.</summary>
    public StreamState State => _state ?? throw new InvalidOperationException($"Stream '{Name}' is not stored.");

    /// <summary>The histories. Only for a stored stream.</summary>
    public IncarnationList Incarnations =>
        _incarnations ?? throw new InvalidOperationException($"Stream '{Name}' is not stored.");

    /// <summary>The newest access, committed or not.</summary>
    public long TouchedAt => _touchedAt;

    /// <summary>When the stream ends unless it is accessed before; <see cref="StreamHead.NeverDue"/> for never.</summary>
    public long Deadline => IsLive ? State.DeadlineAfter(_touchedAt) : StreamHead.NeverDue;

    /// <summary>
    /// Whether the live stream is not the one that a request means by an incarnation of it. A stream gets further incarnations in
    /// one and the same stream, so any entry of its list will do.
    /// </summary>
    public bool IsOtherIncarnation(long? incarnation)
    {
        if (incarnation is not { } meant || !IsLive)
        {
            return false;
        }

        foreach (var start in Incarnations)
        {
            if (start.Incarnation == meant)
            {
                return false;
            }
        }

        return true;
    }

    private StreamOffset TailOffset => Incarnations.OffsetAfter(_head.Tail);

    /// <summary>The instant that readers may see, once everything decided is committed.</summary>
    public StreamView View() => _state is null
        ? StreamView.Missing(Name, Fence)
        : StreamView.Of(Name, new HeadStamp(Fence, _version), _head, Incarnations, _state);

    /// <summary>Whether an append of this size can join the changes so far in one commit.</summary>
    public bool Fits(int events, long payloadBytes)
    {
        if (!HasChanges)
        {
            return true;
        }

        var bytes = EventBlock.EncodedBytes(_newPayloads.Count + events, _newPayloadBytes + payloadBytes);
        return bytes <= ProtocolLimits.MaxBlockBytes && bytes + _limits.MaxStateBytes <= _limits.MaxCommitBytes
            && _changedProducers.Count + _removedProducers.Count + _changedForks.Count + EntriesPerAppend <= _limits.MaxCommitProducers;
    }

    /// <summary>Notes an access (a read with touch, or any append).</summary>
    public void Touch(long at)
    {
        if (at <= _touchedAt)
        {
            return;
        }

        _touchedAt = at;
        if (IsLive && State.WantsTouchCommitted(at))
        {
            Change(State with { TouchedAt = at, TouchedExactly = false });
        }
    }

    /// <summary>Before the stream leaves memory: commits the newest access, so that the next owner need not allow for more.</summary>
    public void TouchExactly()
    {
        if (IsLive && State is { TtlSeconds: not null, TouchedExactly: false })
        {
            Change(State with { TouchedAt = _touchedAt, TouchedExactly = true });
        }
    }

    /// <summary>
    /// Makes the next commit move the due time, if there is anything to move: a visit to a due stream that finds nothing
    /// else to do would otherwise be repeated at once.
    /// </summary>
    public void MoveDue()
    {
        if (_state is null || _removed)
        {
            return;
        }

        if (IsLive && State.TtlSeconds is not null && _touchedAt > State.LatestTouch)
        {
            Change(State with { TouchedAt = _touchedAt, TouchedExactly = false });
        }

        _headChanged = true;
    }

    /// <summary>The changes since the last commit as one, or null when there are none.</summary>
    /// <param name="commitId">Identity of the commit.</param>
    /// <param name="now">The time, Unix milliseconds.</param>
    public StreamCommit? TakeCommit(UInt128 commitId, long now)
    {
        if (!HasChanges)
        {
            return null;
        }

        if (!_removed)
        {
            ApplyRetention(now);
            _head = _head with { DueAtMilliseconds = DueAt(now) };
        }

        return new StreamCommit
        {
            Name = Name,
            Fence = Fence,
            ExpectedVersion = _version,
            CommitId = commitId,
            Head = _head,
            Block = TakeBlock(),
            Producers = TakeProducers(),
            RemovedProducers = _removedProducers.Count == 0 ? [] : [.. _removedProducers],
            State = _stateChanged && !_removed ? StreamStateCodec.Encode(State) : default(ReadOnlyMemory<byte>?),
            Incarnations = _incarnationsChanged && !_removed ? _incarnations : null,
            Purges = _purges.Count == 0 ? [] : [.. _purges],
            Remove = _removed,
        };
    }

    /// <summary>The commit that <see cref="TakeCommit"/> gave is stored.</summary>
    public void Committed()
    {
        _newPayloads.Clear();
        _newTimes.Clear();
        _changedProducers.Clear();
        _removedProducers.Clear();
        _changedForks.Clear();
        _purges.Clear();
        _newPayloadBytes = 0;
        (_stateChanged, _incarnationsChanged, _headChanged) = (false, false, false);
        if (!_removed)
        {
            _version++;
            return;
        }

        _removed = false;
        (_state, _incarnations, _head, _version, _touchedAt) = (null, null, default, 0, 0);
        _producers.Clear();
        _forks.Clear();
        _window.Clear();
    }

    private void Change(StreamState state)
    {
        if (!ReferenceEquals(state.Holds, _state?.Holds))
        {
            _hasUnconfirmedHold = state.Holds.Any(hold => !hold.Confirmed);
        }

        _state = state;
        _stateChanged = true;
    }

    private void AddEvents(IReadOnlyList<ReadOnlyMemory<byte>> events, long now)
    {
        if (events.Count == 0)
        {
            return;
        }

        var time = Math.Max(_head.LastEventMilliseconds, now);
        if (_head.Tail == _head.Earliest)
        {
            NoteFirstEvent(time);
        }

        long bytes = 0;
        for (var i = 0; i < events.Count; i++)
        {
            _newPayloads.Add(events[i]);
            _newTimes.Add(time);
            bytes += events[i].Length;
        }

        _newPayloadBytes += bytes;
        _head = _head with
        {
            Tail = _head.Tail + events.Count,
            RetainedBytes = _head.RetainedBytes + bytes,
            LastEventMilliseconds = time,
        };
    }

    private EventBlock? TakeBlock() => _newPayloads.Count == 0 || _removed
        ? null
        : EventBlock.Encode(
            Incarnations.Latest.Incarnation,
            _head.Tail - _newPayloads.Count,
            CollectionsMarshal.AsSpan(_newPayloads),
            CollectionsMarshal.AsSpan(_newTimes),
            Memory.Take);

    private ProducerEntry[] TakeProducers()
    {
        if ((_changedProducers.Count == 0 && _changedForks.Count == 0) || _removed)
        {
            return [];
        }

        var entries = new ProducerEntry[_changedProducers.Count + _changedForks.Count];
        var i = 0;
        foreach (var id in _changedProducers)
        {
            entries[i++] = _producers[id];
        }

        foreach (var id in _changedForks)
        {
            _forks.TryGet(id, out var reservation);
            entries[i++] = ForkReservations.EntryOf(reservation);
        }

        return entries;
    }

    private long DueAt(long now)
    {
        var due = Math.Min(State.CommittedDeadline, AgeDue());
        return State.OwesRelease || _hasUnconfirmedHold ? Math.Min(due, now + _limits.SettleForksAfter) : due;
    }
}
