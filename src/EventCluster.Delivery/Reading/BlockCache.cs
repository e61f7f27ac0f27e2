using EventCluster.Abstractions;
using EventCluster.Abstractions.Memory;
using EventCluster.Abstractions.Streams;
using EventCluster.Protocol;

namespace EventCluster.Delivery.Reading;

/// <summary>
/// Blocks that subscribers catch up from, each loaded once however many ask for it, bounded by bytes. A cached block is
/// never an answer by itself: the descriptor of the reader's feed admits and clips every read (CORRECTNESS rule 15).
/// </summary>
/// <param name="maxBytes">Most encoded bytes held.</param>
/// <param name="share">Where a load reserves what it is about to hold; null for nowhere.</param>
/// <param name="time">The clock of waits for it.</param>
internal sealed class BlockCache(long maxBytes, MemoryShare? share = null, TimeProvider? time = null)
{
    /// <summary>Most that a load asks its owner for: an answer of the largest size and one event beyond it.</summary>
    public static readonly long LoadBytes = EventBlock.EncodedBytes(1, ProtocolLimits.MaxReadAnswerBytes + ProtocolLimits.MaxEventBytes);

    /// <summary>How long a load waits for memory before its readers are told to come again.</summary>
    public static readonly TimeSpan LoadWait = TimeSpan.FromMilliseconds(250);

    private static readonly ReadOutcome.Unavailable NoMemory = new(
        UnavailableReason.Overloaded, "The memory for events that are read is used up; try again in a moment.");


    /// <summary>A shorter backlog stands at the owner's tail, in memory: asking it is cheaper than the cache.</summary>
    private const int SmallestBacklog = 64;
    private const long SmallestBacklogBytes = 64 * 1024;

    private readonly BlockIndex _index = new(maxBytes);
    private readonly Dictionary<(StreamName Stream, StreamOffset From), Task<ReadOutcome>> _loads = [];
    private readonly Lock _gate = new();
    private long _loaded;

    /// <summary>Encoded bytes held.</summary>
    public long Bytes
    {
        get
        {
            lock (_gate)
            {
                return _index.Bytes;
            }
        }
    }

    /// <summary>Reads that went to an owner so far.</summary>
    public long Loads => Interlocked.Read(ref _loaded);

    /// <summary>
    /// Events from a position that <paramref name="descriptor"/> retains; null when only the owner can say what is there.
    /// Failures and refusals are not kept and not shared. Unavailable when there is no memory for a load.
    /// </summary>
    public async ValueTask<ReadOutcome?> ReadAsync(
        IStreamHandle stream,
        StreamDescriptor descriptor,
        StreamOffset from,
        int maxBytes,
        int maxEvents,
        CancellationToken cancellationToken)
    {
        Task<ReadOutcome> load;
        lock (_gate)
        {
            if (Collect(descriptor, from, maxBytes, maxEvents) is { } batch)
            {
                return batch;
            }

            if (!_loads.TryGetValue((stream.Name, from), out load!))
            {
                load = LoadAsync(stream, descriptor, from);
                if (!load.IsCompleted)
                {
                    _loads.Add((stream.Name, from), load);
                }
            }
        }

        // The load belongs to the cache: it goes on when this reader leaves.
        var outcome = await load.WaitAsync(cancellationToken);
        if (ReferenceEquals(outcome, NoMemory))
        {
            return outcome;
        }

        return outcome is ReadOutcome.Batch { Slices.Count: > 0 } loaded && loaded.From == from
            ? Cut(loaded, descriptor, maxBytes, maxEvents)
            : null;
    }

    /// <summary>
    /// The beginning of a long backlog, admitted by a recent instant of the stream (CORRECTNESS rule 15); null for everything
    /// that the owner must answer, every access to a stream with a sliding TTL among it. A batch that reaches the tail does so
    /// at an instant that the owner confirmed after the events were read (rule 27), or withholds the claim.
    /// </summary>
    public async ValueTask<ReadOutcome?> TryOpenAsync(
        IStreamHandle stream, ReadStart start, int maxBytes, int maxEvents, CancellationToken cancellationToken)
    {
        if (start.Kind is StartKind.Now or StartKind.Foreign)
        {
            return null;
        }

        // The last events are counted from the tail of now. What is here already needs the owner's recent word; what is not is
        // read through it, so that its memory tells enough about how much there is.
        var confirmation = start.Kind == StartKind.Last ? ReadConfirmation.Strict
            : start.Kind == StartKind.Position && Has(start.Position.Incarnation, start.Position.Sequence) ? ReadConfirmation.Recent
            : ReadConfirmation.Followed;
        if (await DescribeLongAsync(stream, start, confirmation, cancellationToken) is not ({ } descriptor, var from))
        {
            return null;
        }

        if (confirmation == ReadConfirmation.Followed && Has(descriptor.Incarnations.HolderOf(from.Sequence), from.Sequence))
        {
            if (await DescribeLongAsync(stream, start, ReadConfirmation.Recent, cancellationToken) is not ({ } recent, var again))
            {
                return null;
            }

            (descriptor, from) = (recent, again);
        }

        var found = await ReadAsync(stream, descriptor, from, maxBytes, maxEvents, cancellationToken);
        return found is ReadOutcome.Batch { ReachesTail: true } batch
            ? await TailClaim.ConfirmAsync(batch, stream.DescribeAsync(cancellationToken)) as ReadOutcome.Batch
            : found;
    }

    /// <summary>The stream, and where the start lies in it; null when only the owner can say, or has it in memory.</summary>
    private static async ValueTask<(StreamDescriptor? Stream, StreamOffset From)> DescribeLongAsync(
        IStreamHandle stream, ReadStart start, ReadConfirmation confirmation, CancellationToken cancellationToken)
    {
        if (await stream.DescribeAsync(confirmation, cancellationToken) is not DescribeOutcome.Found { Descriptor: var descriptor }
            || descriptor.TtlSeconds is not null)
        {
            return default;
        }

        var from = PositionReader.Resolve(start, descriptor);
        return descriptor.Incarnations.TryHold(from, out var held) && held >= descriptor.Incarnations.Hold(descriptor.Earliest)
            && IsLong(descriptor, held)
                ? (descriptor, from)
                : default;
    }

    private bool Has(long incarnation, long sequence)
    {
        lock (_gate)
        {
            return _index.Find(incarnation, sequence) is not null;
        }
    }

    private static bool IsLong(StreamDescriptor descriptor, HeldPosition from)
    {
        var events = descriptor.Incarnations.Hold(descriptor.Tail) - from;
        return events >= SmallestBacklog
            || (events > 0 && (double)descriptor.RetainedBytes / descriptor.RetainedEvents * events >= SmallestBacklogBytes);
    }

    private async Task<ReadOutcome> LoadAsync(IStreamHandle stream, StreamDescriptor descriptor, StreamOffset from)
    {
        // Leaves the caller's lock before anything else, so that a load that completes at once is not a special case.
        await Task.Yield();
        long held = 0;
        try
        {
            if (share is not null)
            {
                // A load holds nothing of any other share, and neither does who waits for it.
                var events = (int)Math.Min(descriptor.RetainedEvents, ProtocolLimits.MaxReadAnswerEvents);
                var most = Math.Min(LoadBytes, EventBlock.EncodedBytes(events, descriptor.RetainedBytes));
                var bytes = Math.Min(most, share.Limit);
                if (!await share.ReserveAsync(bytes, LoadWait, time ?? TimeProvider.System, CancellationToken.None))
                {
                    return NoMemory;
                }

                held = bytes;
            }

            Interlocked.Increment(ref _loaded);
            var outcome = await stream.ReadAsync(
                new ReadRequest(
                    from, ProtocolLimits.MaxReadAnswerBytes, ProtocolLimits.MaxReadAnswerEvents, TimeSpan.Zero, Touch: false)
                {
                    Confirmation = ReadConfirmation.Recent,
                },
                CancellationToken.None);
            if (outcome is not ReadOutcome.Batch batch)
            {
                return outcome;
            }

            if (share is not null && batch.Slices.Sum(static slice => (long)slice.Block.Encoded.Length) is var read && read > held)
            {
                // A block is read whole, and one commit may be one block: known only now.
                share.Take(read - held);
                held = read;
            }

            var merged = BlockMerger.Merge(batch.Slices);
            lock (_gate)
            {
                for (var i = 0; i < merged.Count; i++)
                {
                    _index.Add(merged[i].Block);
                }
            }

            return batch with { Slices = merged };
        }
        finally
        {
            share?.Release(held);
            lock (_gate)
            {
                _loads.Remove((stream.Name, from));
            }
        }
    }

    private ReadOutcome.Batch? Collect(StreamDescriptor descriptor, StreamOffset from, int maxBytes, int maxEvents)
    {
        List<BlockSlice>? slices = null;
        if (!descriptor.Incarnations.Holds(from))
        {
            return null;
        }

        var next = from.Sequence;
        while (next < descriptor.Tail.Sequence && _index.Find(descriptor.Incarnations.HolderOf(next), next) is { } block)
        {
            // A block of a fork's source may go on past the fork point.
            var end = Math.Min(descriptor.Tail.Sequence, descriptor.Incarnations.EndOfHolder(next) ?? long.MaxValue);
            var start = (int)(next - block.FirstSequence);
            var last = (int)Math.Min(block.Count, end - block.FirstSequence);
            var fit = SliceFit.End(block, start, last, maxBytes, maxEvents, isFirst: slices is null);
            if (fit == start)
            {
                break;
            }

            (slices ??= []).Add(new BlockSlice(block, start, fit));
            maxBytes -= block.GetPayloadBytes(start, fit);
            maxEvents -= fit - start;
            next = block.FirstSequence + fit;
            if (fit < last)
            {
                break;
            }
        }

        return slices is null
            ? null
            : new ReadOutcome.Batch(from, descriptor.Incarnations.OffsetAfter(next), slices, descriptor);
    }

    /// <summary>
    /// The part of a loaded batch that a reader's budget has room for; null when it is of an older incarnation of the stream than
    /// the instant that admits the reader.
    /// </summary>
    private static ReadOutcome.Batch? Cut(ReadOutcome.Batch loaded, StreamDescriptor descriptor, int maxBytes, int maxEvents)
    {
        if (loaded.Descriptor.IsOlderThan(descriptor))
        {
            return null;
        }

        List<BlockSlice> slices = [];
        var next = loaded.From.Sequence;
        for (var i = 0; i < loaded.Slices.Count; i++)
        {
            var slice = loaded.Slices[i];
            var end = SliceFit.End(slice.Block, slice.Start, slice.End, maxBytes, maxEvents, isFirst: i == 0);
            if (end == slice.Start)
            {
                break;
            }

            slices.Add(slice with { End = end });
            maxBytes -= slice.Block.GetPayloadBytes(slice.Start, end);
            maxEvents -= end - slice.Start;
            next = slice.Block.FirstSequence + end;
            if (end < slice.End)
            {
                break;
            }
        }

        // The owner's instant may be newer than the feed's; it is the one that admitted these events.
        var isNewer = descriptor.IsOlderThan(loaded.Descriptor)
            || loaded.Descriptor.Incarnations.Hold(loaded.Descriptor.Tail) >= descriptor.Incarnations.Hold(descriptor.Tail);
        var instant = isNewer ? loaded.Descriptor : descriptor;
        return new ReadOutcome.Batch(loaded.From, instant.Incarnations.OffsetAfter(next), slices, instant);
    }
}
