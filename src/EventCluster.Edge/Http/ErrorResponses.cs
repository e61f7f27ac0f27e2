using System.Globalization;
using EventCluster.Abstractions.Streams;
using EventCluster.Protocol;

namespace EventCluster.Edge.Http;

/// <summary>The one table from refusals of the front door to status, code, headers and body.</summary>
internal static class ErrorResponses
{
    private static readonly KeyValuePair<string, string> RetrySoon = new("Retry-After", "1");

    /// <summary>The refusal of a create, or null for a success.</summary>
    public static RequestFault? Of(CreateOutcome outcome, StreamName name) => outcome switch
    {
        CreateOutcome.Created or CreateOutcome.Exists => null,
        CreateOutcome.Conflict c => new(
            409, ErrorCode.ConfigurationConflict, $"The stream '{name}' exists with another configuration: {c.What}"),
        CreateOutcome.Held => new(
            409, ErrorCode.HeldByForks, $"The stream '{name}' was deleted but forks still read it; use another name."),
        CreateOutcome.SourceNotFound => new(404, ErrorCode.NotFound, "The stream of Stream-Forked-From does not exist."),
        CreateOutcome.SourceGone => new(
            409, ErrorCode.HeldByForks, "The stream of Stream-Forked-From is deleted and only kept for its forks."),
        CreateOutcome.SourceTypeMismatch m => new(
            409, ErrorCode.ContentTypeMismatch, $"The source has content type '{m.Expected}'; leave it out or send the same."),
        CreateOutcome.InvalidFork f => new(400, ErrorCode.InvalidFork, f.What),
        CreateOutcome.ForkGap g => OfGap(g.Gap),
        CreateOutcome.ForkTooDeep => new(
            400, ErrorCode.ForkDepth, $"Forks of forks go {ProtocolLimits.MaxForkDepth} deep at most."),
        CreateOutcome.ForkLimit l => new(
            507, ErrorCode.ForkLimit,
            string.Create(CultureInfo.InvariantCulture, $"The source has {l.MaxForks} forks, as many as a stream may have; delete some of them.")),
        CreateOutcome.StreamLimit => new(507, ErrorCode.StreamLimit, "The store holds as many streams as it may."),
        CreateOutcome.Unavailable u => OfUnavailable(u.Reason, u.Detail),
        _ => Unexpected(outcome),
    };

    /// <summary>The refusal of an append, or null for a success.</summary>
    public static RequestFault? Of(AppendOutcome outcome, StreamName name) => outcome switch
    {
        AppendOutcome.Appended or AppendOutcome.Duplicate or AppendOutcome.AlreadyClosed => null,
        AppendOutcome.RefusedClosed c => new(409, ErrorCode.Closed, "The stream is closed; nothing can be appended.")
        {
            Headers = [new(HeaderNames.Closed, "true"), new(HeaderNames.NextOffset, c.Tail.ToString())],
        },
        AppendOutcome.ContentTypeMismatch m => new(
            409, ErrorCode.ContentTypeMismatch,
            $"The stream has content type '{m.Expected}'; the Content-Type header must name the same (curl -d alone names another)."),
        AppendOutcome.StaleEpoch e => new(
            403, ErrorCode.StaleEpoch, $"A newer producer uses epoch {e.CurrentEpoch}; restart above it.")
        {
            Headers = [new(HeaderNames.ProducerEpoch, Number(e.CurrentEpoch))],
        },
        AppendOutcome.EpochMustStartAtZero e => new(
            400, ErrorCode.InvalidProducer, $"A new producer epoch starts at Producer-Seq 0, not {e.Received}."),
        AppendOutcome.SequenceGap g => new(
            409, ErrorCode.SequenceGap, $"Producer-Seq {g.Received} came before {g.Expected}.")
        {
            Headers =
            [
                new(HeaderNames.ProducerExpectedSeq, Number(g.Expected)),
                new(HeaderNames.ProducerReceivedSeq, Number(g.Received)),
            ],
        },
        AppendOutcome.TailMismatch t => new(
            412, ErrorCode.TailMismatch, $"The tail is {t.Tail}, not the expected offset.")
        {
            Headers = [new(HeaderNames.NextOffset, t.Tail.ToString())],
        },
        AppendOutcome.StreamSeqConflict s => new(
            409, ErrorCode.StreamSeqConflict, $"Stream-Seq must be above '{s.Last}' by bytes."),
        AppendOutcome.ProducerLimit => new(
            429, ErrorCode.ProducerLimit, "The stream remembers as many producers as it may; reuse an id.")
        {
            Headers = [new("Retry-After", "60")],
        },
        AppendOutcome.NotFound => AppendToMissing(name),
        AppendOutcome.Gone => Gone(name),
        AppendOutcome.Unavailable u => OfUnavailable(u.Reason, u.Detail),
        _ => Unexpected(outcome),
    };

    /// <summary>The refusal of a read, or null for a batch.</summary>
    public static RequestFault? Of(ReadOutcome outcome, StreamName name) => outcome switch
    {
        ReadOutcome.Batch => null,
        ReadOutcome.Gap g => OfGap(g.Info),
        ReadOutcome.NotFound => NotFound(name),
        ReadOutcome.Gone => Gone(name),
        ReadOutcome.Unavailable u => OfUnavailable(u.Reason, u.Detail),
        _ => Unexpected(outcome),
    };

    /// <summary>The refusal of a describe, or null when found.</summary>
    public static RequestFault? Of(DescribeOutcome outcome, StreamName name) => outcome switch
    {
        DescribeOutcome.Found => null,
        DescribeOutcome.NotFound => NotFound(name),
        DescribeOutcome.Gone => Gone(name),
        DescribeOutcome.Unavailable u => OfUnavailable(u.Reason, u.Detail),
        _ => Unexpected(outcome),
    };

    /// <summary>The refusal of a change of retention, or null for a success.</summary>
    public static RequestFault? Of(ConfigureOutcome outcome, StreamName name) => outcome switch
    {
        ConfigureOutcome.Configured => null,
        ConfigureOutcome.NotFound => NotFound(name),
        ConfigureOutcome.Gone => Gone(name),
        ConfigureOutcome.Unavailable u => OfUnavailable(u.Reason, u.Detail),
        _ => Unexpected(outcome),
    };

    /// <summary>The refusal of a trim, or null for a success.</summary>
    public static RequestFault? Of(TrimOutcome outcome, StreamName name) => outcome switch
    {
        TrimOutcome.Trimmed => null,
        TrimOutcome.InvalidPosition p => new(
            400, ErrorCode.InvalidTrim, $"Stream-Trim-Before is no position of this stream, whose tail is {p.Tail}.")
        {
            Headers = [new(HeaderNames.NextOffset, p.Tail.ToString())],
        },
        TrimOutcome.NotFound => NotFound(name),
        TrimOutcome.Gone => Gone(name),
        TrimOutcome.Unavailable u => OfUnavailable(u.Reason, u.Detail),
        _ => Unexpected(outcome),
    };

    /// <summary>The refusal of a delete, or null for a success.</summary>
    public static RequestFault? Of(DeleteOutcome outcome, StreamName name) => outcome switch
    {
        DeleteOutcome.Deleted => null,
        DeleteOutcome.NotFound => NotFound(name),
        DeleteOutcome.Gone => Gone(name),
        DeleteOutcome.Unavailable u => OfUnavailable(u.Reason, u.Detail),
        _ => Unexpected(outcome),
    };

    /// <summary>410 with the gap as members and as headers.</summary>
    public static RequestFault OfGap(StreamGap gap) => new(
        410, ErrorCode.Gap,
        gap.Reason == GapReason.Unknown
            ? $"The position {gap.Requested} lies beyond the stream's end (unknown); read on from {gap.Earliest}."
            : $"The position {gap.Requested} can no longer be served ({gap.Reason.ToWire()}); read on from {gap.Earliest}.")
    {
        Gap = gap,
        Headers =
        [
            new(HeaderNames.EarliestOffset, gap.Earliest.ToString()),
            new(HeaderNames.NextOffset, gap.Tail.ToString()),
        ],
    };

    /// <summary>What did not happen now, but may later.</summary>
    public static RequestFault OfUnavailable(UnavailableReason reason, string detail) => reason switch
    {
        UnavailableReason.Moved => new(503, ErrorCode.Moved, detail) { Headers = [RetrySoon] },
        UnavailableReason.OutcomeUnknown => new(503, ErrorCode.OutcomeUnknown, detail) { Headers = [RetrySoon] },
        UnavailableReason.Overloaded => new(503, ErrorCode.Overloaded, detail) { Headers = [RetrySoon] },
        UnavailableReason.StorageFull => new(507, ErrorCode.StorageFull, detail),
        UnavailableReason.StoreFailed or UnavailableReason.StoreUnreachable => new(503, ErrorCode.Unavailable, detail) { Headers = [RetrySoon] },
        _ => throw new ArgumentOutOfRangeException(nameof(reason)),
    };

    private static RequestFault NotFound(StreamName name) =>
        new(404, ErrorCode.NotFound, $"The stream '{name}' does not exist.");

    private static RequestFault AppendToMissing(StreamName name) => new(
        404, ErrorCode.NotFound,
        $"The stream '{name}' does not exist. Create it first: PUT {StreamPaths.Prefix}{name.ToUrlPath()} "
        + "with the Content-Type of its events.");

    private static RequestFault Gone(StreamName name) =>
        new(410, ErrorCode.Gone, $"The stream '{name}' is deleted; its data is kept for forks only.");

    private static RequestFault Unexpected(object outcome) =>
        throw new InvalidOperationException($"No answer is defined for {outcome.GetType()}.");

    private static string Number(long value) => value.ToString(CultureInfo.InvariantCulture);
}
