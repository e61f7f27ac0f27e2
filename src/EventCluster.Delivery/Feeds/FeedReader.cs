using EventCluster.Abstractions.Streams;
using EventCluster.Delivery.Reading;
using EventCluster.Delivery.Timing;
using EventCluster.Protocol;

namespace EventCluster.Delivery.Feeds;

/// <summary>
/// One subscription that pulls: its position is all it remembers. Events come from the feed's window, older ones through
/// the block cache, and at the tail it waits on the feed, so a thousand readers cost one read upstream.
/// </summary>
/// <remarks>
/// Outcomes: a batch with events; an empty batch whose <c>AtEnd</c> is true (end of a closed stream); another empty batch
/// (the wait ended: time for a heartbeat); a gap; not found or gone; unavailable. Set <see cref="Position"/> to where the
/// delivered events end, or after a gap to where the policy goes on. Not for concurrent use.
/// </remarks>
internal sealed class FeedReader(
    IStreamHandle stream, FeedDirectory directory, BlockCache blocks, DeadlineQueue deadlines, TimeProvider time) : IDisposable
{
    /// <summary>The answer when the feed's owner has not confirmed for too long.</summary>
    private static readonly ReadOutcome.Unavailable Unconfirmed = new(
        UnavailableReason.Moved, "The stream's owner could not confirm its newest state for a while; come back in a moment.");

    private readonly PositionReader _owner = new(stream, time);
    private FeedWait? _wait;
    private RetryDelay? _delay;
    private StreamDescriptor? _descriptor;
    private FeedLease? _lease;

    /// <summary>The stream.</summary>
    public StreamName Name => stream.Name;

    /// <summary>Where the next read begins.</summary>
    public StreamOffset Position
    {
        get => _owner.Position;
        set => _owner.Position = value;
    }

    /// <summary>The feed that the last read used; null before the first, or after its feed ended.</summary>
    public StreamFeed? Feed => _lease?.Feed;

    /// <summary>
    /// Resolves the start, sets <see cref="Position"/> to it and reads from there without waiting. A position that a feed
    /// here admits is served from it, and a long backlog from the block cache, so that those who come back at once do not
    /// all ask the owner for the same blocks; everything else the owner answers, so that not found, gone and gap are final.
    /// A start that is not a concrete position never ends in a gap. All that is asked for it takes as long as one answer may.
    /// </summary>
    public ValueTask<ReadOutcome> OpenAsync(ReadStart start, int maxBytes, int maxEvents, CancellationToken cancellationToken) =>
        OpenAsync(stream.Within(new AnswerTime(time)), start, maxBytes, maxEvents, cancellationToken);

    private async ValueTask<ReadOutcome> OpenAsync(
        IStreamHandle bounded, ReadStart start, int maxBytes, int maxEvents, CancellationToken cancellationToken)
    {
        if (start.Kind == StartKind.Position)
        {
            Position = start.Position;
            if (await TryFollowAsync(maxBytes, maxEvents, cancellationToken) is { } followed)
            {
                return followed;
            }
        }

        if (await blocks.TryOpenAsync(bounded, start, maxBytes, maxEvents, cancellationToken) is { } backlog)
        {
            Position = (backlog as ReadOutcome.Batch)?.From ?? Position;
            return Learn(backlog);
        }

        _owner.Stream = bounded;
        try
        {
            return Learn(await _owner.OpenAsync(start, maxBytes, maxEvents, TimeSpan.Zero, cancellationToken));
        }
        finally
        {
            _owner.Stream = stream;
        }
    }

    /// <summary>
    /// As <c>OpenAsync</c>, for an answer that names the tail even when its events end behind it: the descriptor is one
    /// that the owner confirmed after this call, or the batch withholds the claim.
    /// </summary>
    public async ValueTask<ReadOutcome> OpenNamingTailAsync(
        ReadStart start, int maxBytes, int maxEvents, CancellationToken cancellationToken)
    {
        var bounded = stream.Within(new AnswerTime(time));
        for (var attempts = 0; attempts < DeliveryLimits.MaxReadAttempts; attempts++)
        {
            var outcome = await OpenAsync(bounded, start, maxBytes, maxEvents, cancellationToken);
            if (outcome is not ReadOutcome.Batch { ReachesTail: false, ClaimWithheld: false } batch)
            {
                return outcome;
            }

            if (await TailClaim.ConfirmAsync(batch, bounded.DescribeAsync(cancellationToken)) is { } named)
            {
                return Learn(named);
            }
        }

        return PositionReader.Busy;
    }

    /// <summary>Reads from <see cref="Position"/>, which stays where it is; at the tail it waits.</summary>
    /// <param name="maxBytes">Payload bytes wanted at most; one event is returned whatever its size.</param>
    /// <param name="maxEvents">Events wanted at most, at least 1.</param>
    /// <param name="waitUpTo">How long to wait at the tail; zero for no wait.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public async ValueTask<ReadOutcome> ReadAsync(
        int maxBytes, int maxEvents, TimeSpan waitUpTo, CancellationToken cancellationToken)
    {
        var until = deadlines.In(waitUpTo);
        for (var attempts = 0; attempts < DeliveryLimits.MaxReadAttempts;)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (TryFeed() is not { } feed)
            {
                return Learn(await _owner.ReadAsync(maxBytes, maxEvents, TimeSpan.Zero, cancellationToken));
            }

            var (place, seen, found) = await ReadFeedAsync(feed, maxBytes, maxEvents, cancellationToken);
            if (found is not null)
            {
                return found;
            }

            if (place == FeedPlace.Ended)
            {
                if (feed.IsUnconfirmed)
                {
                    // Its owner is out of reach for long: the client comes back, here or through another edge.
                    Leave();
                    return Unconfirmed;
                }

                Leave();
                attempts++;
            }

            var instant = seen;
            if (place != FeedPlace.AtTail)
            {
                var outcome = Learn(await _owner.ReadAsync(maxBytes, maxEvents, TimeSpan.Zero, cancellationToken));
                if (outcome is not ReadOutcome.Batch { Slices.Count: 0, AtEnd: false } empty)
                {
                    return outcome;
                }

                if (place != FeedPlace.Ended && feed.PlaceOf(Position) is not (FeedPlace.AtTail or FeedPlace.Ahead))
                {
                    // What the owner calls the tail is none to the feed. One of the two is of another incarnation of the stream,
                    // or the feed went on meanwhile: neither means that this reader has caught up.
                    attempts++;
                    if (!await SettleAsync(feed, outcome, cancellationToken))
                    {
                        break;
                    }

                    continue;
                }

                instant = empty.Descriptor;
            }

            if (place != FeedPlace.Ended && !await WaitAsync(feed, seen, until, cancellationToken))
            {
                return new ReadOutcome.Batch(Position, Position, [], instant) { ClaimWithheld = feed.IsUnconfirmed };
            }
        }

        return PositionReader.Busy;
    }

    /// <summary>
    /// Lets time pass without reading, to deliver less often. Ends early when an answer's worth of bytes has come.
    /// </summary>
    /// <param name="until">When it ends, in timestamps of the deadline queue.</param>
    /// <param name="cancellationToken">Ends it with an exception.</param>
    public async ValueTask RestAsync(long until, CancellationToken cancellationToken)
    {
        var feed = TryFeed();
        var fullAt = (feed?.TotalBytes ?? 0) + ProtocolLimits.MaxReadAnswerBytes;
        while (deadlines.Now < until && (feed is null || feed.TotalBytes < fullAt))
        {
            cancellationToken.ThrowIfCancellationRequested();
            var wait = Arm(until);
            if (feed is not null && !feed.TryRest(wait, fullAt))
            {
                wait.Wake();
            }

            await AwaitAsync(wait, cancellationToken);
            feed?.Forget(wait);
        }
    }

    public void Dispose() => Leave();

    /// <summary>The feed, once an instant of the stream is known.</summary>
    internal StreamFeed? TryFeed()
    {
        if (_lease is null && _descriptor is { } descriptor)
        {
            _lease = directory.Acquire(stream, descriptor);
            _descriptor = null;
        }

        return _lease?.Feed;
    }

    /// <summary>
    /// After an answer of the owner that does not go with the feed: leaves a feed that the answer outdated, and lets time pass
    /// when it is the answer that is old, as from an owner that was replaced. False when that was tried often enough.
    /// </summary>
    private async ValueTask<bool> SettleAsync(StreamFeed feed, ReadOutcome outcome, CancellationToken cancellationToken)
    {
        if (feed.IsEnded)
        {
            Leave();
            Learn(outcome);
            return true;
        }

        return feed.PlaceOf(Position) == FeedPlace.Inside
            || await (_delay ??= new RetryDelay(time)).WaitAsync(cancellationToken);
    }

    /// <summary>
    /// What a feed that is here says of <see cref="Position"/>; null when there is none, or only the owner can say.
    /// </summary>
    private async ValueTask<ReadOutcome?> TryFollowAsync(int maxBytes, int maxEvents, CancellationToken cancellationToken)
    {
        _lease ??= directory.TryAcquire(stream.Name);
        if (_lease is null)
        {
            return null;
        }

        var (place, seen, found) = await ReadFeedAsync(_lease.Feed, maxBytes, maxEvents, cancellationToken);
        if (place == FeedPlace.AtTail)
        {
            found = new ReadOutcome.Batch(Position, Position, [], seen);
        }

        var answer = found;
        if (found is ReadOutcome.Batch { ReachesTail: true } batch)
        {
            // The first claim of a connection: from then on it follows the feed.
            answer = await TailClaim.ConfirmAsync(batch, _lease.Feed.ConfirmAsync(cancellationToken));
            if (answer is ReadOutcome.Batch { Slices.Count: 0, ReachesTail: false })
            {
                // The feed has not heard of the newest events yet; the owner has them.
                answer = null;
            }
        }

        if (answer is null)
        {
            Leave();
        }

        return answer;
    }

    /// <summary>What a feed has from <see cref="Position"/> on: events, older ones through the block cache, or a closed stream's end.</summary>
    private async ValueTask<(FeedPlace Place, StreamDescriptor Seen, ReadOutcome? Outcome)> ReadFeedAsync(
        StreamFeed feed, int maxBytes, int maxEvents, CancellationToken cancellationToken)
    {
        List<BlockSlice> slices = [];
        var place = feed.Read(Position, maxBytes, maxEvents, slices, out var next, out var seen);
        if (place is FeedPlace.Inside or FeedPlace.AtTail)
        {
            _delay = null;
        }

        return (place, seen, place switch
        {
            FeedPlace.Inside => new ReadOutcome.Batch(Position, seen.Incarnations.OffsetAfter(next), slices, seen),
            FeedPlace.AtEnd => new ReadOutcome.Batch(Position, Position, [], seen),
            FeedPlace.Behind => await blocks.ReadAsync(stream, seen, Position, maxBytes, maxEvents, cancellationToken),
            _ => null,
        });
    }

    /// <summary>Waits until the feed has news or the time is over; false when it is over.</summary>
    private async ValueTask<bool> WaitAsync(
        StreamFeed feed, StreamDescriptor seen, long until, CancellationToken cancellationToken)
    {
        if (deadlines.Now >= until)
        {
            return false;
        }

        var wait = Arm(until);
        if (!feed.TryWait(wait, seen))
        {
            wait.Wake();
        }

        await AwaitAsync(wait, cancellationToken);
        feed.Forget(wait);
        return true;
    }

    private FeedWait Arm(long until)
    {
        _wait ??= new FeedWait(deadlines);
        _wait.Arm(until);
        return _wait;
    }

    private static async ValueTask AwaitAsync(FeedWait wait, CancellationToken cancellationToken)
    {
        using (cancellationToken.UnsafeRegister(static wait => ((FeedWait)wait!).Wake(), wait))
        {
            await wait.WaitAsync();
        }
    }

    private ReadOutcome Learn(ReadOutcome outcome)
    {
        directory.OnSeen(stream.Name, outcome);
        if (_lease is null && outcome is ReadOutcome.Batch batch)
        {
            _descriptor = batch.Descriptor;
        }
        else if (_lease is null && outcome is ReadOutcome.Gap gap)
        {
            _descriptor = gap.Descriptor;
        }

        return outcome;
    }

    private void Leave()
    {
        _lease?.Dispose();
        _lease = null;
    }
}
