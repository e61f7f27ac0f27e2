using EventCluster.Abstractions;
using EventCluster.Abstractions.Streams;
using EventCluster.Delivery.Reading;
using EventCluster.Delivery.Timing;
using EventCluster.Protocol;
using Microsoft.Extensions.Logging;

namespace EventCluster.Delivery.Feeds;

/// <summary>
/// The live view of one stream while it has subscribers here: one waiting read upstream, the newest blocks in memory, and
/// a descriptor that admits positions (CORRECTNESS rule 15). Subscribers keep only a position.
/// </summary>
/// <remarks>
/// Its tail is claimed to its subscribers for as long as its owner goes on confirming it: each silence of a few seconds ends
/// with a confirmation in the store, and so does now and then a read of a busy stream. When none came for
/// <see cref="IStreamDirectory.LongestUnconfirmed"/>, the feed ends and its subscribers are told to come back (CORRECTNESS
/// rule 27).
/// </remarks>
internal sealed partial class StreamFeed : IDeadline, IDisposable
{
    private static readonly TimeSpan UpstreamWait = TimeSpan.FromSeconds(60);

    /// <summary>The part of the time without a confirmation after which one is asked for: one that fails leaves time for another.</summary>
    private const double ConfirmAfter = 0.4;

    /// <summary>Deadlines are rounded; a sooner one would come before its time.</summary>
    private static readonly TimeSpan LeastDelay = TimeSpan.FromMilliseconds(50);

    private readonly TimeSpan? _longestUnconfirmed;

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
    private Task<DescribeOutcome>? _question;
    private Task<DescribeOutcome>? _nextQuestion;
    private ClockReading _confirmedAt;
    private bool _isEnded;
    private bool _endedUnconfirmed;

    /// <summary>A feed that begins at the tail of an instant; <see cref="Start"/> makes it read on.</summary>
    public StreamFeed(
        IStreamHandle stream, StreamDescriptor descriptor, FeedDirectory directory, TimeProvider time, ILogger logger)
    {
        (_stream, _descriptor, _directory, _time, _logger) = (stream, descriptor, directory, time, logger);
        _window.Reset(descriptor.Incarnations.Hold(descriptor.Tail));
        _longestUnconfirmed = directory.LongestUnconfirmed;
        _confirmedAt = ClockReading.Of(time);
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

    /// <summary>
    /// Its owner has not confirmed for too long that it is the newest one: nothing here may be called the newest state, and
    /// its subscribers are told to come back.
    /// </summary>
    public bool IsUnconfirmed
    {
        get
        {
            if (_longestUnconfirmed is not { } longest)
            {
                return false;
            }

            lock (_gate)
            {
                return _endedUnconfirmed || (!_isEnded && _confirmedAt.AgeBy(_time) >= longest);
            }
        }
    }

    /// <summary>Begins to read upstream.</summary>
    public void Start()
    {
        if (_longestUnconfirmed is { } longest)
        {
            _directory.Deadlines.Add(this, _directory.Deadlines.In(longest));
        }

        _ = ReadUpstreamAsync(_unused.Token);
    }

    /// <summary>
    /// What the owner says of the stream after this call: those who ask while one question is in flight share the next one.
    /// </summary>
    public async ValueTask<DescribeOutcome> ConfirmAsync(CancellationToken cancellationToken)
    {
        Task<DescribeOutcome> question;
        lock (_gate)
        {
            question = _question is null ? _question = AskAsync() : _nextQuestion ??= AskAfterAsync(_question);
        }

        return await question.WaitAsync(cancellationToken);
    }

    /// <inheritdoc />
    public void OnDue(long now)
    {
        TimeSpan left;
        lock (_gate)
        {
            if (_isEnded || Leases == 0)
            {
                return;
            }

            left = _longestUnconfirmed!.Value - _confirmedAt.AgeBy(_time);
            if (left <= TimeSpan.Zero && _directory.IsStoreDownForAll)
            {
                left = LeastDelay;
            }

            _endedUnconfirmed = left <= TimeSpan.Zero;
        }

        if (left > TimeSpan.Zero)
        {
            _directory.Deadlines.Add(this, _directory.Deadlines.In(left > LeastDelay ? left : LeastDelay));
            return;
        }

        LogUnconfirmed(_logger, Name, _longestUnconfirmed.Value.TotalSeconds);
        End();
    }

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
            _window.GiveBack(_directory.WindowBytes);
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
        if (_isEnded
            ? !descriptor.Closed
            : _longestUnconfirmed is { } longest && _confirmedAt.AgeBy(_time) >= longest && !_directory.IsStoreDownForAll)
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
            var wait = _longestUnconfirmed * ConfirmAfter ?? UpstreamWait;
            while (true)
            {
                var askedAt = ClockReading.Of(_time);
                upstream.Confirmation = _longestUnconfirmed is not null && _confirmedAt.AgeBy(_time) >= wait
                    ? ReadConfirmation.Strict
                    : ReadConfirmation.Followed;
                var outcome = await upstream.ReadAsync(
                    ProtocolLimits.MaxReadAnswerBytes, ProtocolLimits.MaxReadAnswerEvents, wait, unused);
                if (outcome is ReadOutcome.Batch batch)
                {
                    retry.Reset();
                    NoteConfirmed(batch, upstream.Confirmation, askedAt, wait);
                    upstream.Position = batch.Next;
                    Advance(batch);
                    if (batch.AtEnd)
                    {
                        return;
                    }
                }
                else if (outcome is not ReadOutcome.Unavailable)
                {
                    return;
                }
                else if (!await retry.WaitAsync(unused))
                {
                    if (!_directory.IsStoreDownForAll)
                    {
                        return;
                    }

                    retry.Reset();
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

    private async Task<DescribeOutcome> AskAsync()
    {
        // Leaves the lock before anything else.
        await Task.Yield();
        try
        {
            return await _stream.DescribeAsync(CancellationToken.None);
        }
        finally
        {
            lock (_gate)
            {
                (_question, _nextQuestion) = (_nextQuestion, null);
            }
        }
    }

    private async Task<DescribeOutcome> AskAfterAsync(Task<DescribeOutcome> question)
    {
        await ((Task)question).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ForceYielding);
        if (question.IsCompletedSuccessfully && await question is DescribeOutcome.Unavailable now)
        {
            // It gave up after those who wait here had come: they need not wait for another one to do so.
            lock (_gate)
            {
                (_question, _nextQuestion) = (_nextQuestion, null);
            }

            return now;
        }

        return await AskAsync();
    }

    /// <summary>
    /// Takes note of when the owner was the newest one for certain. An empty answer is confirmed after its wait; by this node's
    /// clock that is at least the wait later than the question, however long the answer lay here unread.
    /// </summary>
    private void NoteConfirmed(ReadOutcome.Batch batch, ReadConfirmation confirmation, ClockReading askedAt, TimeSpan wait)
    {
        if (batch.ClaimWithheld || (batch.Slices.Count > 0 && confirmation != ReadConfirmation.Strict))
        {
            return;
        }

        var waited = batch.Slices.Count == 0 && !batch.AtEnd && _time.GetElapsedTime(askedAt.Timestamp) >= wait;
        lock (_gate)
        {
            _confirmedAt = waited ? askedAt.Later(wait, _time) : askedAt;
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

            _window.Add(batch.Slices, _directory.WindowBytes, _isEnded ? null : _directory.CatchUp);
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
