using System.Text.Json.Serialization;
using EventCluster.Protocol;

namespace EventCluster.TestKit.History;

/// <summary>One line of a history; which members are set depends on the kind.</summary>
public sealed record HistoryEntry
{
    /// <summary>What happened.</summary>
    [JsonConverter(typeof(JsonStringEnumConverter<HistoryEntryKind>))]
    public required HistoryEntryKind Kind { get; init; }

    /// <summary>The stream; one name per history of it (a recreated stream gets another).</summary>
    public required string Stream { get; init; }

    /// <summary>Attempt, Acknowledge, Refuse: the producer.</summary>
    public string? Producer { get; init; }

    /// <summary>Fork: the source, whose events before the offset are inherited.</summary>
    public string? Source { get; init; }

    /// <summary>Attempt, Acknowledge, Refuse: the producer's own number of the append, rising per stream.</summary>
    public long Number { get; init; }

    /// <summary>Attempt: payloads in order, each unique in its stream. Observe: the one payload.</summary>
    public IReadOnlyList<string> Payloads { get; init; } = [];

    /// <summary>Start, Observe, Gap, Final: the reader.</summary>
    public string? Reader { get; init; }

    /// <summary>Acknowledge: position after the append, when the answer named it. Start, Gap: where the reader goes on.
    /// Observe: position after the event. Trim: the new earliest position. Fork: the fork point.</summary>
    public string? Offset { get; init; }

    /// <summary>The offset as a position.</summary>
    [JsonIgnore]
    public StreamOffset? Position => Offset is null ? null : StreamOffset.Parse(Offset);
}
