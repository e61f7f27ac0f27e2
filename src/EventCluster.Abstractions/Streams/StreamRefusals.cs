using System.Globalization;
using EventCluster.Protocol;

namespace EventCluster.Abstractions.Streams;

/// <summary>
/// The one table from outcomes that refuse to stable codes and texts. The texts name no header, member or argument, because
/// they reach clients of every transport.
/// </summary>
public static class StreamRefusals
{
    /// <summary>Why a create was refused; null for a success.</summary>
    public static Refusal? Of(CreateOutcome outcome, StreamName name) => outcome switch
    {
        CreateOutcome.Created or CreateOutcome.Exists => null,
        CreateOutcome.Conflict c => new(
            ErrorCode.ConfigurationConflict, $"The stream '{name}' exists with another configuration: {c.What}."),
        CreateOutcome.Held => new(
            ErrorCode.HeldByForks, $"The stream '{name}' was deleted but forks still read it; use another name."),
        CreateOutcome.SourceNotFound => new(ErrorCode.NotFound, "The source of the fork does not exist."),
        CreateOutcome.SourceGone => new(ErrorCode.HeldByForks, "The source of the fork is deleted and only kept for its forks."),
        CreateOutcome.SourceTypeMismatch m => new(
            ErrorCode.ContentTypeMismatch, $"The source has content type '{m.Expected}'; leave it out or send the same."),
        CreateOutcome.InvalidFork f => new(ErrorCode.InvalidFork, f.What),
        CreateOutcome.ForkGap g => OfGap(g.Gap, g.Gap.Earliest),
        CreateOutcome.ForkTooDeep => new(ErrorCode.ForkDepth, $"Forks of forks go {ProtocolLimits.MaxForkDepth} deep at most."),
        CreateOutcome.ForkLimit l => new(
            ErrorCode.ForkLimit, $"The source has {Number(l.MaxForks)} forks, as many as a stream may have; delete some of them."),
        CreateOutcome.StreamLimit => new(ErrorCode.StreamLimit, "The store holds as many streams as it may."),
        CreateOutcome.Invalid i => i.Why,
        CreateOutcome.Unavailable u => OfUnavailable(u.Reason, u.Detail),
        _ => throw Unexpected(outcome),
    };

    /// <summary>Why an append was refused; null for a success.</summary>
    public static Refusal? Of(AppendOutcome outcome, StreamName name) => outcome switch
    {
        AppendOutcome.Appended or AppendOutcome.Duplicate or AppendOutcome.AlreadyClosed => null,
        AppendOutcome.RefusedClosed => new(ErrorCode.Closed, $"The stream '{name}' is closed; nothing can be appended."),
        AppendOutcome.ContentTypeMismatch m => new(
            ErrorCode.ContentTypeMismatch, $"The stream has content type '{m.Expected}'; an append must name the same."),
        AppendOutcome.StaleEpoch e => new(
            ErrorCode.StaleEpoch, $"A newer producer uses epoch {Number(e.CurrentEpoch)}; restart above it."),
        AppendOutcome.EpochMustStartAtZero e => new(
            ErrorCode.InvalidProducer, $"A new producer epoch starts at sequence 0; {Number(e.Received)} was sent."),
        AppendOutcome.SequenceGap g => new(
            ErrorCode.SequenceGap, $"Producer sequence {Number(g.Received)} was sent; {Number(g.Expected)} is missing before it."),
        AppendOutcome.TailMismatch t => new(ErrorCode.TailMismatch, $"The tail is {t.Tail}, not the expected offset."),
        AppendOutcome.StreamSeqConflict s => new(
            ErrorCode.StreamSeqConflict, $"The stream sequence must be above '{s.Last}' by bytes."),
        AppendOutcome.ProducerLimit => new(
            ErrorCode.ProducerLimit, "The stream remembers as many producers as it may; use an id again."),
        AppendOutcome.NotFound => new(ErrorCode.NotFound, $"The stream '{name}' does not exist; create it first."),
        AppendOutcome.Gone => Gone(name),
        AppendOutcome.Invalid i => i.Why,
        AppendOutcome.Unavailable u => OfUnavailable(u.Reason, u.Detail),
        _ => throw Unexpected(outcome),
    };

    /// <summary>Why a read was refused; null for a batch.</summary>
    public static Refusal? Of(ReadOutcome outcome, StreamName name) => outcome switch
    {
        ReadOutcome.Batch => null,
        ReadOutcome.Gap g => OfGap(g.Info, g.Resume),
        ReadOutcome.NotFound => NotFound(name),
        ReadOutcome.Gone => Gone(name),
        ReadOutcome.Unavailable u => OfUnavailable(u.Reason, u.Detail),
        _ => throw Unexpected(outcome),
    };

    /// <summary>Why a describe was refused; null when found.</summary>
    public static Refusal? Of(DescribeOutcome outcome, StreamName name) => outcome switch
    {
        DescribeOutcome.Found => null,
        DescribeOutcome.NotFound => NotFound(name),
        DescribeOutcome.Gone => Gone(name),
        DescribeOutcome.Unavailable u => OfUnavailable(u.Reason, u.Detail),
        _ => throw Unexpected(outcome),
    };

    /// <summary>Why a change of retention was refused; null for a success.</summary>
    public static Refusal? Of(ConfigureOutcome outcome, StreamName name) => outcome switch
    {
        ConfigureOutcome.Configured => null,
        ConfigureOutcome.NotFound => NotFound(name),
        ConfigureOutcome.Gone => Gone(name),
        ConfigureOutcome.Invalid i => i.Why,
        ConfigureOutcome.Unavailable u => OfUnavailable(u.Reason, u.Detail),
        _ => throw Unexpected(outcome),
    };

    /// <summary>Why a trim was refused; null for a success.</summary>
    public static Refusal? Of(TrimOutcome outcome, StreamName name) => outcome switch
    {
        TrimOutcome.Trimmed => null,
        TrimOutcome.InvalidPosition p => new(
            ErrorCode.InvalidTrim, $"The position to trim before is no position of this stream, whose tail is {p.Tail}."),
        TrimOutcome.NotFound => NotFound(name),
        TrimOutcome.Gone => Gone(name),
        TrimOutcome.Unavailable u => OfUnavailable(u.Reason, u.Detail),
        _ => throw Unexpected(outcome),
    };

    /// <summary>Why a delete was refused; null for a success.</summary>
    public static Refusal? Of(DeleteOutcome outcome, StreamName name) => outcome switch
    {
        DeleteOutcome.Deleted => null,
        DeleteOutcome.NotFound => NotFound(name),
        DeleteOutcome.Gone => Gone(name),
        DeleteOutcome.Unavailable u => OfUnavailable(u.Reason, u.Detail),
        _ => throw Unexpected(outcome),
    };

    /// <summary>A position that can no longer be served.</summary>
    /// <param name="gap">The gap.</param>
    /// <param name="resume">Where to read on.</param>
    public static Refusal OfGap(StreamGap gap, StreamOffset resume)
    {
        ArgumentNullException.ThrowIfNull(gap);
        return new Refusal(
            ErrorCode.Gap,
            gap.Reason == GapReason.Unknown
                ? $"The position {gap.Requested} lies beyond the stream's end (unknown); read on from {resume}."
                : $"The position {gap.Requested} can no longer be served ({gap.Reason.ToWire()}); read on from {resume}.");
    }

    /// <summary>What did not happen now, but may later.</summary>
    public static Refusal OfUnavailable(UnavailableReason reason, string detail) => new(
        reason switch
        {
            UnavailableReason.Moved => ErrorCode.Moved,
            UnavailableReason.OutcomeUnknown or UnavailableReason.Unconfirmed => ErrorCode.OutcomeUnknown,
            UnavailableReason.Overloaded => ErrorCode.Overloaded,
            UnavailableReason.StateFull => ErrorCode.StateFull,
            UnavailableReason.StorageFull => ErrorCode.StorageFull,
            UnavailableReason.StoreFailed or UnavailableReason.StoreUnreachable => ErrorCode.Unavailable,
            _ => throw new ArgumentOutOfRangeException(nameof(reason)),
        },
        detail);

    private static Refusal NotFound(StreamName name) => new(ErrorCode.NotFound, $"The stream '{name}' does not exist.");

    private static Refusal Gone(StreamName name) =>
        new(ErrorCode.Gone, $"The stream '{name}' is deleted; its data is kept for forks only.");

    private static InvalidOperationException Unexpected(object outcome) => new($"No refusal is defined for {outcome.GetType()}.");

    private static string Number(long value) => value.ToString(CultureInfo.InvariantCulture);
}
