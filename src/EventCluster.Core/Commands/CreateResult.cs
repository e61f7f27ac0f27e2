using EventCluster.Abstractions.Streams;
using EventCluster.Core.Decisions;

namespace EventCluster.Core.Commands;

/// <summary>A create's answer: the outcome, or what must happen before there is one.</summary>
/// <param name="Outcome">The outcome, or null.</param>
/// <param name="Next">Without an outcome: <see cref="CreateDecisionKind.NeedsSource"/> or <see cref="CreateDecisionKind.NotSettled"/>.</param>
internal readonly record struct CreateResult(CreateOutcome? Outcome, CreateDecisionKind Next)
{
    /// <summary>A fork's source must be asked.</summary>
    public static readonly CreateResult NeedsSource = new(null, CreateDecisionKind.NeedsSource);

    /// <summary>A deleted fork of that name still owes a release.</summary>
    public static readonly CreateResult NotSettled = new(null, CreateDecisionKind.NotSettled);

    /// <summary>An answer.</summary>
    public static CreateResult Of(CreateOutcome outcome) => new(outcome, CreateDecisionKind.Refused);
}
