using EventCluster.Abstractions.Streams;

namespace EventCluster.Core.Decisions;

/// <summary>What a create comes to; outcomes that carry the committed descriptor are completed after the commit.</summary>
/// <param name="Kind">What was decided.</param>
/// <param name="Refusal">The outcome of a refused create.</param>
internal sealed record CreateDecision(CreateDecisionKind Kind, CreateOutcome? Refusal = null)
{
    /// <summary>A new stream.</summary>
    public static readonly CreateDecision Created = new(CreateDecisionKind.Created);

    /// <summary>The stream is there with the same configuration.</summary>
    public static readonly CreateDecision Exists = new(CreateDecisionKind.Exists);

    /// <summary>A deleted fork still owes its source a release; create again after that is settled.</summary>
    public static readonly CreateDecision NotSettled = new(CreateDecisionKind.NotSettled);

    /// <summary>Nothing is stored under the name, and the request needs a source before it can be decided.</summary>
    public static readonly CreateDecision NeedsSource = new(CreateDecisionKind.NeedsSource);

    /// <summary>Nothing is stored under the name, but the basis was given under another fence than this one.</summary>
    public static readonly CreateDecision LostBasis = new(CreateDecisionKind.LostBasis);

    /// <summary>Not created.</summary>
    public static CreateDecision Refused(CreateOutcome refusal) => new(CreateDecisionKind.Refused, refusal);
}
