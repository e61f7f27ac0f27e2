using EventCluster.Abstractions.Streams;
using EventCluster.Core.Decisions;

namespace EventCluster.Core.Owners;

/// <summary>A source's answer to a fork: a hold with what the fork starts from, or the refusal of the create.</summary>
public sealed class ForkHoldAnswer
{
    private ForkHoldAnswer(ForkBasis? basis, CreateOutcome? refusal) => (Basis, Refusal) = (basis, refusal);

    /// <summary>Why there is no hold; null when there is one.</summary>
    public CreateOutcome? Refusal { get; }

    internal ForkBasis? Basis { get; }

    /// <summary>A refusal.</summary>
    public static ForkHoldAnswer Refused(CreateOutcome refusal)
    {
        ArgumentNullException.ThrowIfNull(refusal);
        return new ForkHoldAnswer(null, refusal);
    }

    /// <summary>Reads what <see cref="EncodeBasis"/> wrote.</summary>
    /// <exception cref="Abstractions.Store.LogDamagedException">The bytes are not of a version that this build knows.</exception>
    public static ForkHoldAnswer DecodeBasis(ReadOnlyMemory<byte> encoded) => new(ForkBasisCodec.Decode(encoded), null);

    /// <summary>The basis of a granted hold as bytes, to cross a process boundary.</summary>
    /// <exception cref="InvalidOperationException">The hold was refused.</exception>
    public ReadOnlyMemory<byte> EncodeBasis() => Basis is not null
        ? ForkBasisCodec.Encode(Basis)
        : throw new InvalidOperationException("A refused hold has no basis.");

    internal static ForkHoldAnswer Of(HoldDecision decision) => new(decision.Basis, decision.Refusal);
}
