using System.Runtime.CompilerServices;
using EventCluster.Abstractions.Streams;
using EventCluster.Protocol;

namespace EventCluster.Delivery.Reading;

/// <summary>
/// One request's way through a stream: resolves where it begins, reads on from there, and keeps a stream with a sliding
/// TTL alive while it waits. Its position is all it remembers.
/// </summary>
internal sealed class PositionReader(IStreamHandle stream, TimeProvider time)
{
    /// <summary>Clocks round: what is left of a wait below this is no wait.</summary>
    public static readonly TimeSpan ClockGrain = TimeSpan.FromMilliseconds(1);

    private long? _ttlSeconds;
    private bool _knowsTtl;
    private long _lastTouch;
    private bool _touched;

    /// <summary>When set, a wait also ends, with an empty batch, when the stream's earliest position is another one.</summary>
    public StreamOffset? KnownEarliest { get; set; }

    /// <summary>The handle that it asks: the stream's, or one that is bounded for an answer.</summary>
    public IStreamHandle Stream { get; set; } = stream;

    /// <summary>What the answers may claim about the tail.</summary>
    public ReadConfirmation Confirmation { get; set; }

    /// <summary>Where the next read begins.</summary>
    public StreamOffset Position { get; set; }

    /// <summary>Takes note of the stream's sliding TTL, which waits depend on.</summary>
    public void Know(StreamDescriptor descriptor) => (_ttlSeconds, _knowsTtl) = (descriptor.TtlSeconds, true);

    /// <summary>
    /// Resolves the start and reads from it. A start that is not a concrete position never ends in a gap: when the head
    /// moves in between, it is resolved again (CORRECTNESS rule 5).
    /// </summary>
    public async ValueTask<ReadOutcome> OpenAsync(
        ReadStart start, int maxBytes, int maxEvents, TimeSpan waitUpTo, CancellationToken cancellationToken)
    {
        for (var attempt = 0; attempt < DeliveryLimits.MaxReadAttempts; attempt++)
        {
            if (start.Kind == StartKind.Position)
            {
                Position = start.Position;
            }
            else if (await ResolveAsync(start, cancellationToken) is { } refusal)
            {
                return refusal;
            }
            else if (start.Kind == StartKind.Foreign)
            {
                // Read for the tail and the earliest position of one instant; the events come after the gap.
                (maxBytes, maxEvents, waitUpTo) = (1, 1, TimeSpan.Zero);
            }

            var outcome = await ReadAsync(maxBytes, maxEvents, waitUpTo, cancellationToken);
            if (start.Kind == StartKind.Position || outcome is not ReadOutcome.Gap)
            {
                return start.Kind == StartKind.Foreign && outcome is ReadOutcome.Batch batch
                    ? UnknownGap(batch.Descriptor)
                    : outcome;
            }
        }

        return Busy;
    }

    /// <summary>
    /// Reads from <see cref="Position"/>, which stays where it is. At the tail it waits, in pieces of a third of the
    /// sliding TTL, so that a stream with a live reader never expires. The end of the wait is claimed for then (CORRECTNESS
    /// rule 27): an answer whose own wait ended sooner, and which was long on its way, is not the last one.
    /// </summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<ReadOutcome> ReadAsync(
        int maxBytes, int maxEvents, TimeSpan waitUpTo, CancellationToken cancellationToken)
    {
        var started = time.GetTimestamp();
        var discarded = 0;
        StreamOffset? earliest = null;
        while (true)
        {
            var left = Left(waitUpTo, started);
            var wait = Shorten(left);
            var touch = TakeTouch();
            var outcome = await Stream.ReadAsync(
                new ReadRequest(Position, maxBytes, maxEvents, wait, touch) { Confirmation = Confirmation }, cancellationToken);
            if (outcome is not ReadOutcome.Batch batch)
            {
                return outcome;
            }

            Know(batch.Descriptor);
            if (!BeginsAt(batch, Position))
            {
                if (++discarded == DeliveryLimits.MaxReadAttempts)
                {
                    return Busy;
                }

                continue;
            }

            // A trim ends the owner's wait before its time.
            var isWhole = wait == left && (earliest ?? batch.Descriptor.Earliest) == batch.Descriptor.Earliest;
            earliest = batch.Descriptor.Earliest;
            if (batch.Slices.Count > 0 || batch.Descriptor.Closed || IsTrimmed(batch.Descriptor)
                || left == TimeSpan.Zero || (isWhole && Left(waitUpTo, started) == TimeSpan.Zero))
            {
                return batch;
            }
        }
    }

    /// <summary>The answer when the stream changes faster than it can be read.</summary>
    public static ReadOutcome.Unavailable Busy { get; } =
        new(UnavailableReason.Moved, "The stream changed faster than it could be read; retry.");

    private async ValueTask<ReadOutcome?> ResolveAsync(ReadStart start, CancellationToken cancellationToken)
    {
        // The tail of a start is that of now. The earliest position is only where to look: the read itself is confirmed.
        var confirmation = start.Kind is StartKind.Earliest ? ReadConfirmation.Followed : ReadConfirmation.Strict;
        switch (await Stream.DescribeAsync(confirmation, cancellationToken))
        {
            case DescribeOutcome.Found found:
                Position = Resolve(start, found.Descriptor);
                return null;
            case DescribeOutcome.NotFound:
                return new ReadOutcome.NotFound();
            case DescribeOutcome.Gone:
                return new ReadOutcome.Gone();
            case DescribeOutcome.Unavailable u:
                return new ReadOutcome.Unavailable(u.Reason, u.Detail);
            default:
                throw new InvalidOperationException("A describe answered with an unknown outcome.");
        }
    }

    /// <summary>The position that a start means at an instant of the stream.</summary>
    public static StreamOffset Resolve(ReadStart start, StreamDescriptor stream)
    {
        switch (start.Kind)
        {
            case StartKind.Position:
                return start.Position;
            case StartKind.Now:
                return stream.Tail;
            case StartKind.Last when stream.RetainedEvents > start.Last:
                return stream.Incarnations.OffsetAfter(stream.Tail.Sequence - start.Last);
            default:
                return stream.Earliest;
        }
    }

    /// <summary>The gap of a position that is none; it has no offset to name.</summary>
    private static ReadOutcome.Gap UnknownGap(StreamDescriptor stream) =>
        new(new StreamGap(default, stream.Earliest, stream.Tail, GapReason.Unknown), stream);

    /// <summary>
    /// A batch that begins elsewhere, has a hole, or holds events of an incarnation that is not the stream's there, is never
    /// delivered.
    /// </summary>
    private static bool BeginsAt(ReadOutcome.Batch batch, StreamOffset position)
    {
        var incarnations = batch.Descriptor.Incarnations;
        var sequence = position.Sequence;
        if (batch.From != position || !incarnations.Holds(position))
        {
            return false;
        }

        for (var i = 0; i < batch.Slices.Count; i++)
        {
            var slice = batch.Slices[i];
            if (slice.FirstSequence != sequence || slice.Block.Incarnation != incarnations.HolderOf(sequence))
            {
                return false;
            }

            sequence += slice.Count;
        }

        return batch.Next.Sequence == sequence;
    }

    private bool IsTrimmed(StreamDescriptor descriptor)
    {
        if (KnownEarliest is not { } known || known == descriptor.Earliest)
        {
            return false;
        }

        KnownEarliest = descriptor.Earliest;
        return true;
    }

    private bool TakeTouch()
    {
        var due = !_touched || (_ttlSeconds is { } ttl && (time.GetElapsedTime(_lastTouch) + ClockGrain).TotalSeconds * 3 >= ttl);
        if (due)
        {
            _touched = true;
            _lastTouch = time.GetTimestamp();
        }

        return due;
    }

    private TimeSpan Left(TimeSpan waitUpTo, long started)
    {
        if (waitUpTo == TimeSpan.Zero)
        {
            return TimeSpan.Zero;
        }

        var left = waitUpTo - time.GetElapsedTime(started);
        return left < ClockGrain ? TimeSpan.Zero : left;
    }

    /// <summary>The next piece of a wait: none before the first answer said whether the stream has a sliding TTL.</summary>
    private TimeSpan Shorten(TimeSpan wait) => !_knowsTtl ? TimeSpan.Zero
        : _ttlSeconds is { } ttl && ttl > 0 && wait.TotalSeconds * 3 > ttl ? TimeSpan.FromSeconds(ttl / 3.0) : wait;
}
