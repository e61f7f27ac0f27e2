using EventCluster.Abstractions.Streams;
using EventCluster.Protocol;

namespace EventCluster.Orleans.Wire;

/// <summary>An <see cref="AppendOutcome"/> between silos. The number of a case never changes.</summary>
[GenerateSerializer]
[Immutable]
[OmitDefaultMemberValues]
[Alias("ec.append-outcome")]
internal struct AppendOutcomeMessage
{
    /// <summary>The case.</summary>
    [Id(0)]
    public int Kind;

    /// <summary>The first position, or the tail of a case with one position.</summary>
    [Id(1)]
    public StreamOffset Position;

    /// <summary>The position behind the last event.</summary>
    [Id(2)]
    public StreamOffset Next;

    /// <summary>The stream is closed, or this append was accepted before it was.</summary>
    [Id(3)]
    public bool Flag;

    /// <summary>The epoch.</summary>
    [Id(4)]
    public long Epoch;

    /// <summary>The highest or the expected sequence.</summary>
    [Id(5)]
    public long Sequence;

    /// <summary>The sequence that was received.</summary>
    [Id(6)]
    public long Received;

    /// <summary>A content type, a <c>Stream-Seq</c>, or the detail of "not now".</summary>
    [Id(7)]
    public string? Text;

    /// <summary>The refusal of an invalid request.</summary>
    [Id(8)]
    public Refusal? Why;

    /// <summary>An <see cref="UnavailableReason"/>.</summary>
    [Id(9)]
    public int Reason;

    /// <summary>From an outcome.</summary>
    public static AppendOutcomeMessage Of(AppendOutcome outcome) => outcome switch
    {
        AppendOutcome.Appended o => new() { Kind = 1, Position = o.First, Next = o.Next, Flag = o.Closed },
        AppendOutcome.Duplicate o =>
            new() { Kind = 2, Position = o.Tail, Epoch = o.Epoch, Sequence = o.HighestSequence, Flag = o.Closed },
        AppendOutcome.AlreadyClosed o => new() { Kind = 3, Position = o.Tail },
        AppendOutcome.RefusedClosed o => new() { Kind = 4, Position = o.Tail, Flag = o.WasAccepted },
        AppendOutcome.ContentTypeMismatch o => new() { Kind = 5, Text = o.Expected.Original },
        AppendOutcome.StaleEpoch o => new() { Kind = 6, Epoch = o.CurrentEpoch },
        AppendOutcome.EpochMustStartAtZero o => new() { Kind = 7, Received = o.Received },
        AppendOutcome.SequenceGap o => new() { Kind = 8, Sequence = o.Expected, Received = o.Received },
        AppendOutcome.TailMismatch o => new() { Kind = 9, Position = o.Tail },
        AppendOutcome.StreamSeqConflict o => new() { Kind = 10, Text = o.Last },
        AppendOutcome.ProducerLimit => new() { Kind = 11 },
        AppendOutcome.NotFound => new() { Kind = 12 },
        AppendOutcome.Gone => new() { Kind = 13 },
        AppendOutcome.Unavailable o => new() { Kind = 14, Reason = (int)o.Reason, Text = o.Detail },
        AppendOutcome.Invalid o => new() { Kind = 15, Why = o.Why },
        _ => throw new InvalidOperationException($"{outcome.GetType().Name} has no number between silos."),
    };

    /// <summary>The outcome.</summary>
    public readonly AppendOutcome ToOutcome() => Kind switch
    {
        1 => new AppendOutcome.Appended(Position, Next, Flag),
        2 => new AppendOutcome.Duplicate(Position, Epoch, Sequence, Flag),
        3 => new AppendOutcome.AlreadyClosed(Position),
        4 => new AppendOutcome.RefusedClosed(Position, Flag),
        5 => new AppendOutcome.ContentTypeMismatch(WireField.Type(Text)),
        6 => new AppendOutcome.StaleEpoch(Epoch),
        7 => new AppendOutcome.EpochMustStartAtZero(Received),
        8 => new AppendOutcome.SequenceGap(Sequence, Received),
        9 => new AppendOutcome.TailMismatch(Position),
        10 => new AppendOutcome.StreamSeqConflict(WireField.Required(Text, "last Stream-Seq")),
        11 => new AppendOutcome.ProducerLimit(),
        12 => new AppendOutcome.NotFound(),
        13 => new AppendOutcome.Gone(),
        14 => new AppendOutcome.Unavailable(WireField.Reason(Reason), Text ?? string.Empty),
        15 => new AppendOutcome.Invalid(WireField.Required(Why, "refusal")),
        _ => new AppendOutcome.Unavailable(
            UnavailableReason.OutcomeUnknown, WireField.UnknownCase(nameof(AppendOutcome), Kind)),
    };
}
