using EventCluster.Protocol;

namespace EventCluster.Abstractions.Streams;

/// <summary>
/// Why an operation did not happen now, though it may later: a value that every family shares, wrapped in its
/// <c>Unavailable</c> case.
/// </summary>
public enum UnavailableReason
{
    /// <summary>The owner moved or is stopping; nothing was done. Retry.</summary>
    Moved = 1,

    /// <summary>A commit was neither confirmed nor refused. A retry with producer fields is safe, another may duplicate.</summary>
    OutcomeUnknown = 2,

    /// <summary>A named bound is reached (pending appends, parked reads); nothing was done. Retry later.</summary>
    Overloaded = 3,

    /// <summary>The medium is full; nothing was done.</summary>
    StorageFull = 4,

    /// <summary>The store refuses writes until a restart; nothing was done.</summary>
    StoreFailed = 5,
}

/// <summary>Result of a create.</summary>
public abstract record CreateOutcome
{
    private CreateOutcome()
    {
    }

    /// <summary>A new stream.</summary>
    public sealed record Created(StreamDescriptor Descriptor) : CreateOutcome;

    /// <summary>It was there with the same requested configuration and closed state; initial events were ignored.</summary>
    public sealed record Exists(StreamDescriptor Descriptor) : CreateOutcome;

    /// <summary>It was there with another configuration.</summary>
    /// <param name="What">What differs, for the error's detail.</param>
    public sealed record Conflict(string What) : CreateOutcome;

    /// <summary>A deleted stream of that name is still held by forks.</summary>
    public sealed record Held : CreateOutcome;

    /// <summary>The fork's source does not exist.</summary>
    public sealed record SourceNotFound : CreateOutcome;

    /// <summary>The fork's source is deleted and only kept for its forks.</summary>
    public sealed record SourceGone : CreateOutcome;

    /// <summary>The requested content type is not the source's.</summary>
    public sealed record SourceTypeMismatch(StreamContentType Expected) : CreateOutcome;

    /// <summary>The fork point or the sub-offset is not a position of the source.</summary>
    /// <param name="What">What was wrong and what is allowed.</param>
    public sealed record InvalidFork(string What) : CreateOutcome;

    /// <summary>The fork point lies before the source's earliest retained position, or in another history.</summary>
    public sealed record ForkGap(StreamGap Gap) : CreateOutcome;

    /// <summary>The chain of forks would be deeper than 64.</summary>
    public sealed record ForkTooDeep : CreateOutcome;

    /// <summary>The store holds as many streams as it may.</summary>
    public sealed record StreamLimit : CreateOutcome;

    /// <summary>Not now.</summary>
    public sealed record Unavailable(UnavailableReason Reason, string Detail) : CreateOutcome;
}

/// <summary>Result of an append or close.</summary>
public abstract record AppendOutcome
{
    private AppendOutcome()
    {
    }

    /// <summary>Committed.</summary>
    /// <param name="First">Position before the first appended event (the tail that the append found).</param>
    /// <param name="Next">Position after the last appended event.</param>
    /// <param name="Closed">The stream is closed now.</param>
    public sealed record Appended(StreamOffset First, StreamOffset Next, bool Closed) : AppendOutcome;

    /// <summary>This producer sequence was accepted before; nothing was appended.</summary>
    /// <param name="Tail">The committed tail.</param>
    /// <param name="Epoch">The producer's epoch.</param>
    /// <param name="HighestSequence">Its highest accepted sequence.</param>
    /// <param name="Closed">The stream is closed.</param>
    public sealed record Duplicate(StreamOffset Tail, long Epoch, long HighestSequence, bool Closed) : AppendOutcome;

    /// <summary>A close of a closed stream without new events: it stays closed.</summary>
    public sealed record AlreadyClosed(StreamOffset Tail) : AppendOutcome;

    /// <summary>The stream is closed; events cannot be appended.</summary>
    public sealed record RefusedClosed(StreamOffset Tail) : AppendOutcome;

    /// <summary>The body's content type is not the stream's.</summary>
    public sealed record ContentTypeMismatch(StreamContentType Expected) : AppendOutcome;

    /// <summary>The producer's epoch is older than the remembered one.</summary>
    public sealed record StaleEpoch(long CurrentEpoch) : AppendOutcome;

    /// <summary>A new producer epoch must start at sequence 0.</summary>
    public sealed record EpochMustStartAtZero(long Received) : AppendOutcome;

    /// <summary>Producer sequences are missing before this one.</summary>
    public sealed record SequenceGap(long Expected, long Received) : AppendOutcome;

    /// <summary>The tail is not the expected one.</summary>
    public sealed record TailMismatch(StreamOffset Tail) : AppendOutcome;

    /// <summary><c>Stream-Seq</c> is not above the last one.</summary>
    public sealed record StreamSeqConflict(string Last) : AppendOutcome;

    /// <summary>The stream remembers as many producers as it may, none idle long enough to forget.</summary>
    public sealed record ProducerLimit : AppendOutcome;

    /// <summary>No such stream.</summary>
    public sealed record NotFound : AppendOutcome;

    /// <summary>Deleted, kept for forks.</summary>
    public sealed record Gone : AppendOutcome;

    /// <summary>Not now.</summary>
    public sealed record Unavailable(UnavailableReason Reason, string Detail) : AppendOutcome;
}

/// <summary>Result of a read: one snapshot, or why there is none.</summary>
public abstract record ReadOutcome
{
    private ReadOutcome()
    {
    }

    /// <summary>Events from one committed instant; none when the wait ended at the tail.</summary>
    /// <param name="From">Where the batch starts: the requested position.</param>
    /// <param name="Next">Where to read on.</param>
    /// <param name="Slices">The events, consecutive from <paramref name="From"/> to <paramref name="Next"/>.</param>
    /// <param name="Descriptor">The stream at that instant.</param>
    public sealed record Batch(
        StreamOffset From, StreamOffset Next, IReadOnlyList<BlockSlice> Slices, StreamDescriptor Descriptor) : ReadOutcome
    {
        /// <summary>The batch reaches the tail of its instant.</summary>
        public bool UpToDate => Next.Sequence == Descriptor.Tail.Sequence;

        /// <summary>The batch reaches the end of a closed stream.</summary>
        public bool AtEnd => Descriptor.Closed && UpToDate;
    }

    /// <summary>The position cannot be served.</summary>
    /// <param name="Info">The gap.</param>
    /// <param name="Descriptor">The stream at that instant.</param>
    public sealed record Gap(StreamGap Info, StreamDescriptor Descriptor) : ReadOutcome;

    /// <summary>No such stream.</summary>
    public sealed record NotFound : ReadOutcome;

    /// <summary>Deleted, kept for forks.</summary>
    public sealed record Gone : ReadOutcome;

    /// <summary>Not now.</summary>
    public sealed record Unavailable(UnavailableReason Reason, string Detail) : ReadOutcome;
}

/// <summary>Result of a describe.</summary>
public abstract record DescribeOutcome
{
    private DescribeOutcome()
    {
    }

    /// <summary>The stream's committed state.</summary>
    public sealed record Found(StreamDescriptor Descriptor) : DescribeOutcome;

    /// <summary>No such stream.</summary>
    public sealed record NotFound : DescribeOutcome;

    /// <summary>Deleted, kept for forks.</summary>
    public sealed record Gone : DescribeOutcome;

    /// <summary>Not now.</summary>
    public sealed record Unavailable(UnavailableReason Reason, string Detail) : DescribeOutcome;
}

/// <summary>Result of a change of retention.</summary>
public abstract record ConfigureOutcome
{
    private ConfigureOutcome()
    {
    }

    /// <summary>Committed; the new limits are already applied.</summary>
    public sealed record Configured(StreamDescriptor Descriptor) : ConfigureOutcome;

    /// <summary>No such stream.</summary>
    public sealed record NotFound : ConfigureOutcome;

    /// <summary>Deleted, kept for forks.</summary>
    public sealed record Gone : ConfigureOutcome;

    /// <summary>Not now.</summary>
    public sealed record Unavailable(UnavailableReason Reason, string Detail) : ConfigureOutcome;
}

/// <summary>Result of a trim.</summary>
public abstract record TrimOutcome
{
    private TrimOutcome()
    {
    }

    /// <summary>The earliest position is at or after the requested one.</summary>
    public sealed record Trimmed(StreamDescriptor Descriptor) : TrimOutcome;

    /// <summary>The position lies beyond the tail or in another history.</summary>
    public sealed record InvalidPosition(StreamOffset Tail) : TrimOutcome;

    /// <summary>No such stream.</summary>
    public sealed record NotFound : TrimOutcome;

    /// <summary>Deleted, kept for forks.</summary>
    public sealed record Gone : TrimOutcome;

    /// <summary>Not now.</summary>
    public sealed record Unavailable(UnavailableReason Reason, string Detail) : TrimOutcome;
}

/// <summary>Result of a delete.</summary>
public abstract record DeleteOutcome
{
    private DeleteOutcome()
    {
    }

    /// <summary>Deleted; with forks, its data stays for them.</summary>
    public sealed record Deleted : DeleteOutcome;

    /// <summary>No such stream.</summary>
    public sealed record NotFound : DeleteOutcome;

    /// <summary>Deleted before, kept for forks.</summary>
    public sealed record Gone : DeleteOutcome;

    /// <summary>Not now.</summary>
    public sealed record Unavailable(UnavailableReason Reason, string Detail) : DeleteOutcome;
}
