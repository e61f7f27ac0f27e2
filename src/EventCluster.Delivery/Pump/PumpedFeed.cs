using EventCluster.Abstractions;
using EventCluster.Abstractions.Streams;
using EventCluster.Delivery.Feeds;
using EventCluster.Delivery.Framing;

namespace EventCluster.Delivery.Pump;

/// <summary>
/// One stream on a pump: its connections, and one log of frames per framing. Who holds its turn may use it and its
/// connections; its news may come at any time.
/// </summary>
internal sealed class PumpedFeed(StreamFeed feed, SubscriptionPump pump) : IFeedListener
{
    /// <summary>Payload bytes encoded before connections are served again, so that no log runs away from them.</summary>
    private const int EncodeBytes = 64 * 1024;
    private const int EncodeEvents = 2_048;

    private readonly List<PumpedConnection> _connections = [];
    private readonly List<FrameLog> _logs = [];

    /// <summary>What is encoded in this turn; empty between turns, so that it keeps no events.</summary>
    private readonly List<BlockSlice> _slices = [];
    private bool _isPosted;

    /// <summary>
    /// Its turn. The pump's thread waits for it and holds one at a time; everybody else only tries, so no two can wait for
    /// each other.
    /// </summary>
    public object Turn { get; } = new();

    /// <summary>The stream.</summary>
    public StreamFeed Feed => feed;

    /// <summary>The newest instant that its frames come from; all its logs count in the incarnations of this one.</summary>
    public StreamDescriptor Descriptor { get; private set; } = feed.Descriptor;

    /// <summary>The tail of that instant.</summary>
    public HeldPosition Tail => Descriptor.Incarnations.Hold(Descriptor.Tail);

    /// <summary>Connections on this pump.</summary>
    public List<PumpedConnection> Connections => _connections;

    /// <summary>The framings that are encoded.</summary>
    public IEnumerable<SseFraming> Framings => _logs.Select(static log => log.Framing);

    /// <summary>The pump's thread serves it in its next round.</summary>
    public bool IsActive { get; set; }

    /// <summary>There is more to encode or to write at once.</summary>
    public bool HasMore { get; set; }

    /// <inheritdoc />
    public void OnAdvanced(StreamFeed feed)
    {
        if (!pump.TryServeNow(this))
        {
            Post();
        }
    }

    /// <summary>Lets the pump's thread look at it.</summary>
    public void Post()
    {
        if (!Interlocked.Exchange(ref _isPosted, true))
        {
            pump.Post(this);
        }
    }

    /// <summary>The pump took the news.</summary>
    public void Take() => Interlocked.Exchange(ref _isPosted, false);

    /// <summary>
    /// Takes over new incarnations of the stream, as after a restore below a running feed: positions of before have no order
    /// with those of now. True when it did; then whoever is here has to leave.
    /// </summary>
    public bool TryBeginAnew()
    {
        var descriptor = feed.Descriptor;
        if (IsSameIncarnation(descriptor))
        {
            return false;
        }

        // A log that a pending flush still belongs to is disposed with its last reader.
        Descriptor = descriptor;
        _logs.Clear();
        return true;
    }

    /// <summary>
    /// Adds a connection. False when the stream's incarnations do not hold its position, or when it is older than what is
    /// here: it has to read on by itself.
    /// </summary>
    public bool TryAdd(PumpedConnection connection)
    {
        if (!TryFind(connection, out var at))
        {
            return false;
        }

        var log = _logs.Find(log => log.Framing == connection.Framing);
        if (log is null)
        {
            log = new FrameLog(connection.Framing);
            log.Reset(at);
            _logs.Add(log);
        }
        else if (log.Start == log.End && at < log.Start)
        {
            // Nothing is held, so the log can as well begin where this one needs it; the others take what is new to them.
            log.Reset(at);
        }

        if (at < log.Start)
        {
            return false;
        }

        log.Readers++;
        (connection.Source, connection.Log, connection.Index) = (this, log, _connections.Count);
        _connections.Add(connection);
        return true;
    }

    /// <summary>Where a connection is among the events of this stream; false when its position belongs to another incarnation of it.</summary>
    public bool TryFind(PumpedConnection connection, out HeldPosition position) =>
        Descriptor.Incarnations.TryHold(connection.Position, out position);

    /// <summary>Removes a connection, and the log that no other one reads: a framing that nobody uses is not encoded.</summary>
    public void Remove(PumpedConnection connection)
    {
        var last = _connections[^1];
        _connections[connection.Index] = last;
        last.Index = connection.Index;
        _connections.RemoveAt(_connections.Count - 1);
        var log = connection.Log!;
        if (--log.Readers == 0)
        {
            _logs.Remove(log);
            log.Dispose();
        }
    }

    /// <summary>
    /// Encodes what is new. False when the connections have to read on by themselves: the stream is closed, gone, or
    /// another one.
    /// </summary>
    public bool Encode(int maxBytes, FrameBuffer scratch)
    {
        foreach (var log in _logs)
        {
            if (!Encode(log, maxBytes, scratch))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Gives memory back when every connection has everything.</summary>
    public void Clear()
    {
        foreach (var log in _logs)
        {
            if (log.Capacity > 0 && EverybodyHas(log))
            {
                log.Dispose();
            }
        }
    }

    /// <summary>Gives all memory back.</summary>
    public void Close()
    {
        feed.RemoveListener(this);
        _logs.ForEach(static log => log.Dispose());
        _logs.Clear();
    }

    private bool EverybodyHas(FrameLog log)
    {
        foreach (var connection in _connections)
        {
            if (connection.Log == log && TryFind(connection, out var at) && at < log.End)
            {
                return false;
            }
        }

        return true;
    }

    private bool IsSameIncarnation(StreamDescriptor descriptor) => descriptor.Incarnations.Latest == Descriptor.Incarnations.Latest;

    private bool Encode(FrameLog log, int maxBytes, FrameBuffer scratch)
    {
        var from = Descriptor.Incarnations.OffsetAfter(log.End);
        var place = feed.Read(from, EncodeBytes, EncodeEvents, _slices, out var next, out var descriptor);
        if (!IsSameIncarnation(descriptor))
        {
            _slices.Clear();
            return false;
        }

        Descriptor = descriptor;
        switch (place)
        {
            case FeedPlace.Inside:
                log.Append(_slices, maxBytes, scratch);
                _slices.Clear();
                HasMore |= next < Tail;

                // The end of a closed stream is no event: whoever has everything else reads it by himself.
                return !descriptor.Closed;
            case FeedPlace.AtTail:
                return true;
            case FeedPlace.Behind:
                log.Reset(Tail);
                return true;
            case FeedPlace.Ahead:
                // A connection that asked the owner is ahead of the feed, which is on its way.
                return true;
            default:
                return false;
        }
    }
}
