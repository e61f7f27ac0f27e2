using EventCluster.Abstractions.Streams;

namespace EventCluster.Core.Decisions;

/// <summary>A source's answer to a fork: the basis with a hold, or the refusal of the create.</summary>
/// <param name="Basis">What the fork starts from, when the hold is taken.</param>
/// <param name="Refusal">Why not, otherwise.</param>
internal sealed record HoldDecision(ForkBasis? Basis, CreateOutcome? Refusal)
{
    /// <summary>The hold is taken.</summary>
    public static HoldDecision Held(ForkBasis basis) => new(basis, null);

    /// <summary>No hold is taken.</summary>
    public static HoldDecision Refused(CreateOutcome refusal) => new(null, refusal);
}
