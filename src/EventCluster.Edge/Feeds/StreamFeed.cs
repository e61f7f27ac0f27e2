using EventCluster.Abstractions;
using EventCluster.Abstractions.Streams;
using EventCluster.Edge.Live;
using EventCluster.Protocol;
using Microsoft.Extensions.Logging;

namespace EventCluster.Edge.Feeds;

/// <summary>
/// The live view of one stream while it has subscribers here: one waiting read upstream, the newest blocks in memory, and
/// a descriptor that admits positions (CORRECTNESS rule 15). Subscribers keep only a position.
/// </summary>
internal sealed partial class StreamFeed : IDisposable
{
    private static readonly TimeSpan UpstreamWait = TimeSpan.FromSeconds(60);

    private readonly IStreamHandle _stream;
    private readonly FeedDirectory _directory;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly Lock _gate = new();
    private readonly FeedWindow _window = new();
    private readonly CancellationTokenSource _unused = new();
    private HashSet<FeedWait> _waits = [];
    private readonly Dictionary<FeedWait, long> _rests = [];
    private IFeedListener[] _listeners = [];
    private long _totalBytes;
    private long _nextFull = long.MaxValue;
    private StreamDescriptor _descriptor;
    private bool _isEnded;

    /// <summary>A feed that begins at the tail of an instant; <see cref="Start"/> makes it read on.</summary>
    public StreamFeed(
        IStreamHandle stream, StreamDescriptor descriptor, FeedDirectory directory, TimeProvider time, ILogger logger)
    {
        (_stream, _descriptor, _directory, _time, _logger) = (stream, descriptor, directory, time, logger);
        _window.Reset(descriptor.Incarnations.Hold(descriptor.Tail));
    }

    /// <summary>The stream.</summary>
    public StreamName Name => _stream.Name;

    /// <summary>The newest instant that was read.</summary>
    public StreamDescriptor Descriptor => Volatile.Read(ref _descriptor);

    /// <summary>The feed reads no more: its stream is gone, moved out of reach, or nobody listens.</summary>
    public bool IsEnded => Volatile.Read(ref _isEnded);

    /// <summary>Payload bytes that it has read so far.</summary>
    public long TotalBytes => Interlocked.Read(ref _totalBytes);

    /// <summary>Subscribers that hold the feed; guarded by the directory's lock.</summary>
    public int Leases { get; set; }

    /// <summary>Begins to read upstream.</summary>
    public void Start() => _ = ReadUpstreamAsync(_unused.Token);

    /// <summary>Ends the waiting read: the last subscriber left.</summary>
    public void Dispose()
    {
        _unused.Cancel();
        _unused.Dispose();
    }

    /// <summary>
    /// Reads from the window; there are events only for <see cref="FeedPlace.Inside"/>.
    /// </summary>
    /// <param name="from">A position.</param>
    /// <param name="maxBytes">Payload bytes wanted at most; one event is returned whatever its size.</param>
    /// <param name="maxEvents">Events wanted at most.</param>
    /// <param name="slices">An empty list, for the events.</param>
    /// <param name="next">The position after the last event.</param>
    /// <param name="descriptor">The instant that the answer belongs to.</param>
    public FeedPlace Read(
        StreamOffset from,
        int maxBytes,
        int maxEvents,
        List<BlockSlice> slices,
        out HeldPosition next,
        out StreamDescriptor descriptor)
    {
        lock (_gate)
        {
            descriptor = _descriptor;
            var place = PlaceOf(from, descriptor, out next);
            if (place == FeedPlace.Inside)
            {
                next = _window.Read(next, maxBytes, maxEvents, slices);
            }

            return place;
        }
    }

    /// <summary>Where a position lies now.</summary>
    public FeedPlace PlaceOf(StreamOffset position)
    {
        lock (_gate)
        {
            return PlaceOf(position, _descriptor, out _);
        }
    }

    /// <summary>Registers a wait if nothing happened since <paramref name="seen"/>; it is woken once. False otherwise.</summary>
    public bool TryWait(FeedWait wait, StreamDescriptor seen)
    {
        lock (_gate)
        {
            return !_isEnded && ReferenceEquals(seen, _descriptor) && _waits.Add(wait);
        }
    }

    /// <summary>Registers a wait that ignores news until <see cref="TotalBytes"/> reaches a number. False if it has.</summary>
    public bool TryRest(FeedWait wait, long fullAt)
    {
        lock (_gate)
        {
            if (_totalBytes >= fullAt)
            {
                return false;
            }

            _nextFull = Math.Min(_nextFull, fullAt);
            return _rests.TryAdd(wait, fullAt);
        }
    }

    /// <summary>Takes a wait back.</summary>
    public void Forget(FeedWait wait)
    {
        lock (_gate)
        {
            _waits.Remove(wait);
            _rests.Remove(wait);
        }
    }

    /// <summary>Tells a listener about every advance until <see cref="RemoveListener"/>.</summary>
    public void AddListener(IFeedListener listener)
    {
        lock (_gate)
        {
            _listeners = [.. _listeners, listener];
        }
    }

    /// <summary>Undoes <see cref="AddListener"/>.</summary>
    public void RemoveListener(IFeedListener listener)
    {
        lock (_gate)
        {
            _listeners = Array.FindAll(_listeners, other => other != listener);
        }
    }

    /// <summary>
    /// Takes note of an instant that passed through this edge: a later earliest position of the same incarnation is taken
    /// over, and an instant of a newer incarnation ends the feed, which has not heard of it yet (CORRECTNESS rule 22).
    /// </summary>
    public void Learn(StreamDescriptor descriptor)
    {
        lock (_gate)
        {
            if (descriptor.Incarnations.Latest == _descriptor.Incarnations.Latest)
            {
                Raise(descriptor.Earliest);
                return;
            }
        }

        if (Descriptor.IsOlderThan(descriptor))
        {
            End();
        }
    }

    /// <summary>Ends the feed; whoever follows it asks the owner himself.</summary>
    public void End()
    {
        HashSet<FeedWait> woken;
        IFeedListener[] listeners;
        _directory.Remove(this);
        lock (_gate)
        {
            Volatile.Write(ref _isEnded, true);
            listeners = _listeners;
            (woken, _waits) = (_waits, []);
        }

        Notify(woken, listeners);
    }

    private void Raise(StreamOffset earliest)
    {
        if (_descriptor.Incarnations.TryHold(earliest, out var later)
            && later > _descriptor.Incarnations.Hold(_descriptor.Earliest))
        {
            Volatile.Write(ref _descriptor, _descriptor with { Earliest = earliest });
            _window.DropBefore(later);
        }
    }

    private FeedPlace PlaceOf(StreamOffset from, StreamDescriptor descriptor, out HeldPosition position)
    {
        position = default;
        if (_isEnded && !descriptor.Closed)
        {
            return FeedPlace.Ended;
        }

        var incarnations = descriptor.Incarnations;
        if (!incarnations.TryHold(from, out position) || position < incarnations.Hold(descriptor.Earliest))
        {
            return FeedPlace.Elsewhere;
        }

        var tail = incarnations.Hold(descriptor.Tail);
        if (position >= tail)
        {
            return position > tail ? descriptor.Closed ? FeedPlace.Elsewhere : FeedPlace.Ahead
                : descriptor.Closed ? FeedPlace.AtEnd : FeedPlace.AtTail;
        }

        return position >= _window.Start ? FeedPlace.Inside : FeedPlace.Behind;
    }

    private async Task ReadUpstreamAsync(CancellationToken unused)
    {
        // Everything is inside: a feed that could not begin must leave the directory, or its stream would stay silent.
        try
        {
            var upstream = new PositionReader(_stream, _time)
            {
                Position = Descriptor.Tail,
                KnownEarliest = Descriptor.Earliest,
            };
            upstream.Know(Descriptor);
            var retry = new RetryDelay(_time);
            while (true)
            {
                var outcome = await upstream.ReadAsync(
                    ProtocolLimits.MaxReadAnswerBytes, ProtocolLimits.MaxReadAnswerEvents, UpstreamWait, unused);
                if (outcome is ReadOutcome.Batch batch)
                {
                    retry.Reset();
                    upstream.Position = batch.Next;
                    Advance(batch);
                    if (batch.AtEnd)
                    {
                        return;
                    }
                }
                else if (outcome is not ReadOutcome.Unavailable || !await retry.WaitAsync(unused))
                {
                    return;
                }
            }
        }
        catch (OperationCanceledException)
        {
            // Nobody listens any more.
        }
        catch (Exception e)
        {
            if (!_directory.Damage.TryReport(_logger, e))
            {
                LogFault(_logger, e, Name);
            }
        }
        finally
        {
            End();
        }
    }

    private void Advance(ReadOutcome.Batch batch)
    {
        HashSet<FeedWait>? woken = null;
        IFeedListener[] listeners;
        lock (_gate)
        {
            if (batch.Slices.Count == 0 && ReferenceEquals(batch.Descriptor, _descriptor))
            {
                return;
            }

            var incarnations = batch.Descriptor.Incarnations;
            if (incarnations.Latest != _descriptor.Incarnations.Latest)
            {
                // The stream goes on in a new incarnation from here; what is held counts in the ones before.
                _window.Reset(incarnations.Hold(batch.From));
            }

            _window.Add(batch.Slices, _directory.WindowBytes);
            _window.DropBefore(incarnations.Hold(batch.Descriptor.Earliest));

            // The window reaches to the batch's end, which may lie before the tail of its instant.
            Volatile.Write(ref _descriptor, batch.UpToDate
                ? batch.Descriptor
                : batch.Descriptor with { Tail = batch.Next, Closed = false });
            listeners = _listeners;
            if (_waits.Count > 0)
            {
                (woken, _waits) = (_waits, []);
            }

            Count(batch.Slices);
            if (_totalBytes >= _nextFull)
            {
                TakeFull(woken ??= []);
            }
        }

        Notify(woken, listeners);
    }

    private void Count(IReadOnlyList<BlockSlice> slices)
    {
        for (var i = 0; i < slices.Count; i++)
        {
            _totalBytes += slices[i].PayloadBytes;
        }
    }

    private void TakeFull(HashSet<FeedWait> woken)
    {
        _nextFull = long.MaxValue;
        foreach (var (wait, fullAt) in _rests)
        {
            if (fullAt <= _totalBytes)
            {
                woken.Add(wait);
                _rests.Remove(wait);
            }
            else
            {
                _nextFull = Math.Min(_nextFull, fullAt);
            }
        }
    }

    private void Notify(HashSet<FeedWait>? woken, IFeedListener[] listeners)
    {
        foreach (var listener in listeners)
        {
            listener.OnAdvanced(this);
        }

        if (woken is not null)
        {
            foreach (var wait in woken)
            {
                wait.Wake();
            }
        }
    }
}
