using EventCluster.Abstractions.Streams;
using EventCluster.Core.Decisions;

namespace EventCluster.Core.Commands;

/// <summary>A create's answer: the outcome, or what must happen before there is one.</summary>
/// <param name="Outcome">The outcome, or null.</param>
/// <param name="Next">Without an outcome: what is missing.</param>
/// <param name="Fence">With <see cref="CreateDecisionKind.NeedsSource"/>, the fence under which the name is free.</param>
internal readonly record struct CreateResult(CreateOutcome? Outcome, CreateDecisionKind Next, long Fence = 0)
{
    /// <summary>A deleted fork of that name still owes a release.</summary>
    public static readonly CreateResult NotSettled = new(null, CreateDecisionKind.NotSettled);

    /// <summary>The fork's hold may be gone: begin again.</summary>
    public static readonly CreateResult LostBasis = new(null, CreateDecisionKind.LostBasis);

    /// <summary>A fork's source must be asked.</summary>
    public static CreateResult NeedsSource(long fence) => new(null, CreateDecisionKind.NeedsSource, fence);

    /// <summary>An answer.</summary>
    public static CreateResult Of(CreateOutcome outcome) => new(outcome, CreateDecisionKind.Refused);
}
