using EventCluster.Abstractions;

namespace EventCluster.Orleans.Wire;

/// <summary>An <see cref="IncarnationStart"/> between silos.</summary>
[GenerateSerializer]
[Immutable]
[OmitDefaultMemberValues]
[Alias("ec.start")]
internal struct IncarnationStartSurrogate
{
    /// <summary>The incarnation.</summary>
    [Id(0)]
    public long Incarnation;

    /// <summary>Its first sequence.</summary>
    [Id(1)]
    public long FirstSequence;

    /// <summary>Converts in both directions.</summary>
    [RegisterConverter]
    internal sealed class Converter : IConverter<IncarnationStart, IncarnationStartSurrogate>
    {
        /// <inheritdoc />
        public IncarnationStart ConvertFromSurrogate(in IncarnationStartSurrogate surrogate) =>
            new(surrogate.Incarnation, surrogate.FirstSequence);

        /// <inheritdoc />
        public IncarnationStartSurrogate ConvertToSurrogate(in IncarnationStart value) => new()
        {
            Incarnation = value.Incarnation,
            FirstSequence = value.FirstSequence,
        };
    }
}
