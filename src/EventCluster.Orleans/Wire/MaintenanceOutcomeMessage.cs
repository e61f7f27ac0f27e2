using EventCluster.Abstractions.Streams;
using EventCluster.Protocol;

namespace EventCluster.Orleans.Wire;

/// <summary>
/// An outcome of describe, configure, trim or delete between silos. The four number their cases alike, and no number changes.
/// </summary>
[GenerateSerializer]
[Immutable]
[OmitDefaultMemberValues]
[Alias("ec.outcome")]
internal record struct MaintenanceOutcomeMessage
{
    private const int Done = 1;
    private const int NotFound = 2;
    private const int Gone = 3;
    private const int NotNow = 4;
    private const int Refused = 5;

    /// <summary>The case.</summary>
    [Id(0)]
    public int Kind;

    /// <summary>The stream.</summary>
    [Id(1)]
    public StreamDescriptor? Stream;

    /// <summary>The tail, when the position of a trim is beyond it.</summary>
    [Id(2)]
    public StreamOffset Tail;

    /// <summary>The refusal of an invalid request.</summary>
    [Id(3)]
    public Refusal? Why;

    /// <summary>An <see cref="UnavailableReason"/>.</summary>
    [Id(4)]
    public int Reason;

    /// <summary>The detail of "not now".</summary>
    [Id(5)]
    public string? Detail;

    /// <summary>From an outcome.</summary>
    public static MaintenanceOutcomeMessage Of(DescribeOutcome outcome) => outcome switch
    {
        DescribeOutcome.Found o => new() { Kind = Done, Stream = o.Descriptor },
        DescribeOutcome.NotFound => new() { Kind = NotFound },
        DescribeOutcome.Gone => new() { Kind = Gone },
        DescribeOutcome.Unavailable o => Unavailable(o.Reason, o.Detail),
        _ => throw NoNumber(outcome),
    };

    /// <summary>From an outcome.</summary>
    public static MaintenanceOutcomeMessage Of(ConfigureOutcome outcome) => outcome switch
    {
        ConfigureOutcome.Configured o => new() { Kind = Done, Stream = o.Descriptor },
        ConfigureOutcome.NotFound => new() { Kind = NotFound },
        ConfigureOutcome.Gone => new() { Kind = Gone },
        ConfigureOutcome.Unavailable o => Unavailable(o.Reason, o.Detail),
        ConfigureOutcome.Invalid o => new() { Kind = Refused, Why = o.Why },
        _ => throw NoNumber(outcome),
    };

    /// <summary>From an outcome.</summary>
    public static MaintenanceOutcomeMessage Of(TrimOutcome outcome) => outcome switch
    {
        TrimOutcome.Trimmed o => new() { Kind = Done, Stream = o.Descriptor },
        TrimOutcome.NotFound => new() { Kind = NotFound },
        TrimOutcome.Gone => new() { Kind = Gone },
        TrimOutcome.Unavailable o => Unavailable(o.Reason, o.Detail),
        TrimOutcome.InvalidPosition o => new() { Kind = Refused, Tail = o.Tail },
        _ => throw NoNumber(outcome),
    };

    /// <summary>From an outcome.</summary>
    public static MaintenanceOutcomeMessage Of(DeleteOutcome outcome) => outcome switch
    {
        DeleteOutcome.Deleted => new() { Kind = Done },
        DeleteOutcome.NotFound => new() { Kind = NotFound },
        DeleteOutcome.Gone => new() { Kind = Gone },
        DeleteOutcome.Unavailable o => Unavailable(o.Reason, o.Detail),
        _ => throw NoNumber(outcome),
    };

    /// <summary>The outcome of a describe.</summary>
    public readonly DescribeOutcome ToDescribe() => Kind switch
    {
        Done => new DescribeOutcome.Found(WireField.Required(Stream, "stream")),
        NotFound => new DescribeOutcome.NotFound(),
        Gone => new DescribeOutcome.Gone(),
        NotNow => new DescribeOutcome.Unavailable(WireField.Reason(Reason), Detail ?? string.Empty),
        _ => new DescribeOutcome.Unavailable(UnavailableReason.OutcomeUnknown, UnknownCase(nameof(DescribeOutcome))),
    };

    /// <summary>The outcome of a configure.</summary>
    public readonly ConfigureOutcome ToConfigure() => Kind switch
    {
        Done => new ConfigureOutcome.Configured(WireField.Required(Stream, "stream")),
        NotFound => new ConfigureOutcome.NotFound(),
        Gone => new ConfigureOutcome.Gone(),
        NotNow => new ConfigureOutcome.Unavailable(WireField.Reason(Reason), Detail ?? string.Empty),
        Refused => new ConfigureOutcome.Invalid(WireField.Required(Why, "refusal")),
        _ => new ConfigureOutcome.Unavailable(UnavailableReason.OutcomeUnknown, UnknownCase(nameof(ConfigureOutcome))),
    };

    /// <summary>The outcome of a trim.</summary>
    public readonly TrimOutcome ToTrim() => Kind switch
    {
        Done => new TrimOutcome.Trimmed(WireField.Required(Stream, "stream")),
        NotFound => new TrimOutcome.NotFound(),
        Gone => new TrimOutcome.Gone(),
        NotNow => new TrimOutcome.Unavailable(WireField.Reason(Reason), Detail ?? string.Empty),
        Refused => new TrimOutcome.InvalidPosition(Tail),
        _ => new TrimOutcome.Unavailable(UnavailableReason.OutcomeUnknown, UnknownCase(nameof(TrimOutcome))),
    };

    /// <summary>The outcome of a delete.</summary>
    public readonly DeleteOutcome ToDelete() => Kind switch
    {
        Done => new DeleteOutcome.Deleted(),
        NotFound => new DeleteOutcome.NotFound(),
        Gone => new DeleteOutcome.Gone(),
        NotNow => new DeleteOutcome.Unavailable(WireField.Reason(Reason), Detail ?? string.Empty),
        _ => new DeleteOutcome.Unavailable(UnavailableReason.OutcomeUnknown, UnknownCase(nameof(DeleteOutcome))),
    };

    private static MaintenanceOutcomeMessage Unavailable(UnavailableReason reason, string detail) =>
        new() { Kind = NotNow, Reason = (int)reason, Detail = detail };

    private readonly string UnknownCase(string family) => WireField.UnknownCase(family, Kind);

    private static InvalidOperationException NoNumber(object outcome) =>
        new($"{outcome.GetType().Name} has no number between silos.");
}
