using EventCluster.Abstractions.Streams;
using EventCluster.Protocol;

namespace EventCluster.Orleans.Wire;

/// <summary>A <see cref="CreateOutcome"/> between silos. The number of a case never changes.</summary>
[GenerateSerializer]
[Immutable]
[OmitDefaultMemberValues]
[Alias("ec.create-outcome")]
internal record struct CreateOutcomeMessage
{
    /// <summary>The case.</summary>
    [Id(0)]
    public int Kind;

    /// <summary>The stream.</summary>
    [Id(1)]
    public StreamDescriptor? Stream;

    /// <summary>What differs, what is wrong, a content type, or the detail of "not now".</summary>
    [Id(2)]
    public string? Text;

    /// <summary>Why the fork point is lost.</summary>
    [Id(3)]
    public StreamGap? Gap;

    /// <summary>A limit.</summary>
    [Id(4)]
    public int Limit;

    /// <summary>The refusal of an invalid request.</summary>
    [Id(5)]
    public Refusal? Why;

    /// <summary>An <see cref="UnavailableReason"/>.</summary>
    [Id(6)]
    public int Reason;

    /// <summary>From an outcome.</summary>
    public static CreateOutcomeMessage Of(CreateOutcome outcome) => outcome switch
    {
        CreateOutcome.Created o => new() { Kind = 1, Stream = o.Descriptor },
        CreateOutcome.Exists o => new() { Kind = 2, Stream = o.Descriptor },
        CreateOutcome.Conflict o => new() { Kind = 3, Text = o.What },
        CreateOutcome.Held => new() { Kind = 4 },
        CreateOutcome.SourceNotFound => new() { Kind = 5 },
        CreateOutcome.SourceGone => new() { Kind = 6 },
        CreateOutcome.SourceTypeMismatch o => new() { Kind = 7, Text = o.Expected.Original },
        CreateOutcome.InvalidFork o => new() { Kind = 8, Text = o.What },
        CreateOutcome.ForkGap o => new() { Kind = 9, Gap = o.Gap },
        CreateOutcome.ForkTooDeep => new() { Kind = 10 },
        CreateOutcome.StreamLimit => new() { Kind = 11 },
        CreateOutcome.Unavailable o => new() { Kind = 12, Reason = (int)o.Reason, Text = o.Detail },
        CreateOutcome.ForkLimit o => new() { Kind = 13, Limit = o.MaxForks },
        CreateOutcome.Invalid o => new() { Kind = 14, Why = o.Why },
        _ => throw new InvalidOperationException($"{outcome.GetType().Name} has no number between silos."),
    };

    /// <summary>The outcome.</summary>
    public readonly CreateOutcome ToOutcome() => Kind switch
    {
        1 => new CreateOutcome.Created(WireField.Required(Stream, "stream")),
        2 => new CreateOutcome.Exists(WireField.Required(Stream, "stream")),
        3 => new CreateOutcome.Conflict(Text ?? string.Empty),
        4 => new CreateOutcome.Held(),
        5 => new CreateOutcome.SourceNotFound(),
        6 => new CreateOutcome.SourceGone(),
        7 => new CreateOutcome.SourceTypeMismatch(WireField.Type(Text)),
        8 => new CreateOutcome.InvalidFork(Text ?? string.Empty),
        9 => new CreateOutcome.ForkGap(WireField.Required(Gap, "gap")),
        10 => new CreateOutcome.ForkTooDeep(),
        11 => new CreateOutcome.StreamLimit(),
        12 => new CreateOutcome.Unavailable(WireField.Reason(Reason), Text ?? string.Empty),
        13 => new CreateOutcome.ForkLimit(Limit),
        14 => new CreateOutcome.Invalid(WireField.Required(Why, "refusal")),
        _ => new CreateOutcome.Unavailable(
            UnavailableReason.OutcomeUnknown, WireField.UnknownCase(nameof(CreateOutcome), Kind)),
    };
}
