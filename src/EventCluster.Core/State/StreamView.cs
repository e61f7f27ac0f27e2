using EventCluster.Abstractions;
using EventCluster.Abstractions.Store;
using EventCluster.Abstractions.Streams;
using EventCluster.Protocol;

namespace EventCluster.Core.State;

/// <summary>
/// One committed instant of a stream: all that readers may see. Swapped as a whole when a commit is acknowledged.
/// </summary>
internal sealed class StreamView
{
    private readonly StreamState? _state;
    private readonly IncarnationList? _incarnations;
    private StreamDescriptor? _descriptor;

    private StreamView(StreamName name, HeadStamp stamp, StreamHead head, IncarnationList? incarnations, StreamState? state)
    {
        Name = name;
        Stamp = stamp;
        Head = head;
        _incarnations = incarnations;
        _state = state;
    }

    /// <summary>The stream.</summary>
    public StreamName Name { get; }

    /// <summary>The ownership that this instant was seen under.</summary>
    public long Fence => Stamp.Fence;

    /// <summary>The ownership, and the number of commits up to this instant; 0 commits when nothing is stored.</summary>
    public HeadStamp Stamp { get; }

    /// <summary>Positions, bytes and times.</summary>
    public StreamHead Head { get; }

    /// <summary>Something is stored under the name, though it may be deleted for clients.</summary>
    public bool IsStored => _state is not null;

    /// <summary>The stream exists for clients.</summary>
    public bool IsLive => _state is { Lifecycle: Lifecycle.Live };

    /// <summary>The stream is deleted and kept for forks.</summary>
    public bool IsGone => _state is { Lifecycle: Lifecycle.SoftDeleted };

    /// <summary>The owner's state. Only for a stored stream.</summary>
    public StreamState State => _state ?? throw new InvalidOperationException($"Stream '{Name}' is not stored.");

    /// <summary>The histories. Only for a stored stream.</summary>
    public IncarnationList Incarnations =>
        _incarnations ?? throw new InvalidOperationException($"Stream '{Name}' is not stored.");

    /// <summary>What clients are told. Built when first asked for; always the same instance for one instant.</summary>
    public StreamDescriptor Descriptor
    {
        get
        {
            if (_descriptor is null)
            {
                Interlocked.CompareExchange(ref _descriptor, Describe(), null);
            }

            return _descriptor;
        }
    }

    /// <summary>An instant at which nothing is stored under the name.</summary>
    public static StreamView Missing(StreamName name, long fence) => new(name, new HeadStamp(fence, Version: 0), default, null, null);

    /// <summary>An instant of a stored stream.</summary>
    public static StreamView Of(StreamName name, HeadStamp stamp, StreamHead head, IncarnationList incarnations, StreamState state) =>
        new(name, stamp, head, incarnations, state);

    /// <summary>An instant as a store lists it.</summary>
    public static StreamView Of(StoredHead stored) =>
        new(stored.Name, HeadStamp.Of(stored), stored.Head, stored.Incarnations, StreamStateCodec.Decode(stored.State));

    /// <summary>The stream that stores the event with this sequence before it, and where its run of events ends.</summary>
    public (StreamName Stream, long End) StorageOf(long sequence)
    {
        foreach (var range in State.Inherited)
        {
            if (sequence < range.To)
            {
                return (range.Stream, range.To);
            }
        }

        return (Name, Head.Tail);
    }

    private StreamDescriptor Describe()
    {
        var deadline = State.DeadlineAfter(State.TouchedAt);
        return new StreamDescriptor
        {
            Name = Name,
            ContentType = State.ContentType,
            Earliest = Incarnations.OffsetAfter(Head.Earliest),
            Tail = Incarnations.OffsetAfter(Head.Tail),
            Incarnations = Incarnations,
            Closed = State.Closed,
            TtlSeconds = State.TtlSeconds,
            ExpiresAt = State.ExpiresAt is { } expires ? DateTimeOffset.FromUnixTimeMilliseconds(expires) : null,
            Deadline = deadline == StreamHead.NeverDue ? null : DateTimeOffset.FromUnixTimeMilliseconds(deadline),
            Retention = State.Retention,
            RetainedBytes = Head.RetainedBytes,
            ForkedFrom = State.Origin?.Source,
        };
    }
}
