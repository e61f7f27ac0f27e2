using EventCluster.Protocol;

namespace EventCluster.Abstractions.Streams;

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
        /// <summary>The tail could not be confirmed: the events are good, whether more follow is not known.</summary>
        public bool ClaimWithheld { get; init; }

        /// <summary>The batch reaches the tail of its instant, and that may be claimed.</summary>
        public bool UpToDate => ReachesTail && !ClaimWithheld;

        /// <summary>The batch reaches the tail of its instant.</summary>
        public bool ReachesTail => Next.Sequence == Descriptor.Tail.Sequence;

        /// <summary>The batch reaches the end of a closed stream.</summary>
        public bool AtEnd => Descriptor.Closed && UpToDate;

        /// <summary>Whether a position is where the batch ends; at the boundary of two incarnations both offsets are.</summary>
        public bool EndsAt(StreamOffset position) =>
            Descriptor.Incarnations.TryHold(position, out var held) && held.Sequence == Next.Sequence;
    }

    /// <summary>The position cannot be served.</summary>
    /// <param name="Info">The gap.</param>
    /// <param name="Descriptor">The stream at that instant.</param>
    public sealed record Gap(StreamGap Info, StreamDescriptor Descriptor) : ReadOutcome
    {
        /// <summary>
        /// Where to read on: the earliest position, or, after a restore, where the requested history and the stream's part
        /// (nothing before it changed), if that is still retained.
        /// </summary>
        public StreamOffset Resume => Info.Reason == GapReason.Recreated
            && Descriptor.Incarnations.PartingFrom(Info.Requested) is { } parting
            && parting.Sequence > Info.Earliest.Sequence
                ? parting
                : Info.Earliest;
    }

    /// <summary>No such stream.</summary>
    public sealed record NotFound : ReadOutcome;

    /// <summary>Deleted, kept for forks.</summary>
    public sealed record Gone : ReadOutcome;

    /// <summary>Not now.</summary>
    public sealed record Unavailable(UnavailableReason Reason, string Detail) : ReadOutcome;
}
