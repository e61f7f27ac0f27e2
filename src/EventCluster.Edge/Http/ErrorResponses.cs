using System.Globalization;
using EventCluster.Abstractions.Streams;
using EventCluster.Delivery.Framing;
using EventCluster.Protocol;

namespace EventCluster.Edge.Http;

/// <summary>
/// The one table from refusals (<see cref="StreamRefusals"/>) to status, headers and body. WebSocket and SignalR take code,
/// text and members from the same faults.
/// </summary>
internal static class ErrorResponses
{
    private static readonly KeyValuePair<string, string> RetrySoon = new("Retry-After", "1");

    private static readonly Dictionary<ErrorCode, int> Statuses = new()
    {
        [ErrorCode.BadRequest] = 400,
        [ErrorCode.EmptyBody] = 400,
        [ErrorCode.InvalidBody] = 400,
        [ErrorCode.InvalidFork] = 400,
        [ErrorCode.InvalidName] = 400,
        [ErrorCode.InvalidOffset] = 400,
        [ErrorCode.InvalidProducer] = 400,
        [ErrorCode.InvalidTrim] = 400,
        [ErrorCode.ForkDepth] = 400,
        [ErrorCode.StaleEpoch] = 403,
        [ErrorCode.NotFound] = 404,
        [ErrorCode.Closed] = 409,
        [ErrorCode.ConfigurationConflict] = 409,
        [ErrorCode.ContentTypeMismatch] = 409,
        [ErrorCode.HeldByForks] = 409,
        [ErrorCode.SequenceGap] = 409,
        [ErrorCode.StreamSeqConflict] = 409,
        [ErrorCode.Gap] = 410,
        [ErrorCode.Gone] = 410,
        [ErrorCode.TailMismatch] = 412,
        [ErrorCode.TooLarge] = 413,
        [ErrorCode.UnsupportedMediaType] = 415,
        [ErrorCode.ProducerLimit] = 429,
        [ErrorCode.Moved] = 503,
        [ErrorCode.OutcomeUnknown] = 503,
        [ErrorCode.Overloaded] = 503,
        [ErrorCode.Unavailable] = 503,
        [ErrorCode.ForkLimit] = 507,
        [ErrorCode.StateFull] = 507,
        [ErrorCode.StorageFull] = 507,
        [ErrorCode.StreamLimit] = 507,
    };

    /// <summary>The answer to a refusal without facts of its own.</summary>
    public static RequestFault Of(Refusal refusal) => new(Statuses[refusal.Code], refusal.Code, refusal.Detail)
    {
        Headers = Statuses[refusal.Code] == 503 ? [RetrySoon] : [],
    };

    /// <summary>The refusal of a create, or null for a success.</summary>
    public static RequestFault? Of(CreateOutcome outcome, StreamName name) =>
        outcome is CreateOutcome.ForkGap g ? OfGap(g.Gap, g.Gap.Earliest) : Of(StreamRefusals.Of(outcome, name), []);

    /// <summary>The refusal of an append, or null for a success.</summary>
    public static RequestFault? Of(AppendOutcome outcome, StreamName name) => Of(Refusal(outcome, name), outcome switch
    {
        AppendOutcome.RefusedClosed c => [new(HeaderNames.Closed, "true"), new(HeaderNames.NextOffset, c.Tail.ToString())],
        AppendOutcome.StaleEpoch e => [new(HeaderNames.ProducerEpoch, Number(e.CurrentEpoch))],
        AppendOutcome.SequenceGap g =>
        [
            new(HeaderNames.ProducerExpectedSeq, Number(g.Expected)),
            new(HeaderNames.ProducerReceivedSeq, Number(g.Received)),
        ],
        AppendOutcome.TailMismatch t => [new(HeaderNames.NextOffset, t.Tail.ToString())],
        AppendOutcome.ProducerLimit => [new("Retry-After", "60")],
        _ => [],
    });

    /// <summary>The refusal of a read, or null for a batch.</summary>
    public static RequestFault? Of(ReadOutcome outcome, StreamName name) =>
        outcome is ReadOutcome.Gap g ? OfGap(g.Info, g.Resume) : Of(StreamRefusals.Of(outcome, name), []);

    /// <summary>The refusal of a describe, or null when found.</summary>
    public static RequestFault? Of(DescribeOutcome outcome, StreamName name) => Of(StreamRefusals.Of(outcome, name), []);

    /// <summary>The refusal of a change of retention, or null for a success.</summary>
    public static RequestFault? Of(ConfigureOutcome outcome, StreamName name) => Of(StreamRefusals.Of(outcome, name), []);

    /// <summary>The refusal of a trim, or null for a success.</summary>
    public static RequestFault? Of(TrimOutcome outcome, StreamName name) => Of(
        StreamRefusals.Of(outcome, name),
        outcome is TrimOutcome.InvalidPosition p ? [new(HeaderNames.NextOffset, p.Tail.ToString())] : []);

    /// <summary>The refusal of a delete, or null for a success.</summary>
    public static RequestFault? Of(DeleteOutcome outcome, StreamName name) => Of(StreamRefusals.Of(outcome, name), []);

    /// <summary>410 with the gap as members and as headers.</summary>
    /// <param name="gap">The gap.</param>
    /// <param name="resume">Where to read on.</param>
    /// <param name="sent">What the client sent as its position, if that was none.</param>
    public static RequestFault OfGap(StreamGap gap, StreamOffset resume, string? sent = null) => Of(gap.Requested == default
        ? new Refusal(ErrorCode.Gap, $"Last-Event-ID '{GapJson.Shorten(sent)}' is no position of this stream (unknown); read on from {resume}.")
        : StreamRefusals.OfGap(gap, resume)) with
    {
        Gap = gap,
        Resume = resume,
        SentPosition = sent,
        Headers =
        [
            new(HeaderNames.EarliestOffset, gap.Earliest.ToString()),
            new(HeaderNames.NextOffset, gap.Tail.ToString()),
        ],
    };

    /// <summary>An event that no message of the client's size holds; its subscription is over.</summary>
    public static RequestFault OfLargeEvent(int maxMessageBytes, ReadOutcome.Batch batch)
    {
        var slice = batch.Slices[0];
        var after = new StreamOffset(slice.Block.Incarnation, slice.FirstSequence + 1);
        return new RequestFault(
            413, ErrorCode.TooLarge,
            $"The event after {batch.From} has {slice.Block.GetPayloadBytes(slice.Start, slice.Start + 1)} bytes and fits no message of "
            + $"maxMessageBytes {maxMessageBytes}; read it with GET ?offset={batch.From}&limit=1, "
            + $"then subscribe with offset {after}.")
        {
            Skip = (batch.From, after),
        };
    }

    /// <summary>What did not happen now, but may later.</summary>
    public static RequestFault OfUnavailable(UnavailableReason reason, string detail) => Of(StreamRefusals.OfUnavailable(reason, detail));

    /// <summary>Streams are created over HTTP only, so clients of every transport are told how.</summary>
    private static Refusal? Refusal(AppendOutcome outcome, StreamName name) =>
        StreamRefusals.Of(outcome, name) is { } refusal && outcome is AppendOutcome.NotFound
            ? refusal with { Detail = $"{refusal.Detail} PUT {StreamPaths.Prefix}{name.ToUrlPath()} with the Content-Type of its events." }
            : StreamRefusals.Of(outcome, name);

    private static RequestFault? Of(Refusal? refusal, KeyValuePair<string, string>[] headers)
    {
        if (refusal is null)
        {
            return null;
        }

        var fault = Of(refusal);
        return headers.Length == 0 ? fault : fault with { Headers = headers };
    }

    private static string Number(long value) => value.ToString(CultureInfo.InvariantCulture);
}
