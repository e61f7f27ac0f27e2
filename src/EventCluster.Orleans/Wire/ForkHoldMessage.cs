using EventCluster.Abstractions.Streams;
using EventCluster.Core.Owners;

namespace EventCluster.Orleans.Wire;

/// <summary>A <see cref="ForkHoldAnswer"/> between silos: a refusal, or the basis as its versioned bytes.</summary>
[GenerateSerializer]
[Immutable]
[Alias("ec.hold-answer")]
internal record struct ForkHoldMessage
{
    /// <summary>Why there is no hold.</summary>
    [Id(0)]
    public CreateOutcomeMessage? Refusal;

    /// <summary>The basis of a granted hold.</summary>
    [Id(1)]
    public ReadOnlyMemory<byte> Basis;

    /// <summary>From an answer.</summary>
    public static ForkHoldMessage Of(ForkHoldAnswer answer) => answer.Refusal is { } refusal
        ? new() { Refusal = CreateOutcomeMessage.Of(refusal) }
        : new() { Basis = answer.EncodeBasis() };

    /// <summary>The answer.</summary>
    public readonly ForkHoldAnswer ToAnswer()
    {
        if (Refusal is { } refusal)
        {
            return ForkHoldAnswer.Refused(refusal.ToOutcome());
        }

        return !Basis.IsEmpty
            ? ForkHoldAnswer.DecodeBasis(Basis)
            : ForkHoldAnswer.Refused(new CreateOutcome.Unavailable(
                UnavailableReason.OutcomeUnknown, WireField.UnknownCase(nameof(ForkHoldAnswer), kind: 0)));
    }
}
