using EventCluster.Protocol;

namespace EventCluster.Orleans.Wire;

/// <summary>A <see cref="StreamOffset"/> between silos.</summary>
[GenerateSerializer]
[Immutable]
[OmitDefaultMemberValues]
[Alias("ec.offset")]
internal struct StreamOffsetSurrogate
{
    /// <summary>The incarnation.</summary>
    [Id(0)]
    public long Incarnation;

    /// <summary>The sequence.</summary>
    [Id(1)]
    public long Sequence;

    /// <summary>Converts in both directions.</summary>
    [RegisterConverter]
    internal sealed class Converter : IConverter<StreamOffset, StreamOffsetSurrogate>
    {
        /// <inheritdoc />
        public StreamOffset ConvertFromSurrogate(in StreamOffsetSurrogate surrogate) =>
            new(surrogate.Incarnation, surrogate.Sequence);

        /// <inheritdoc />
        public StreamOffsetSurrogate ConvertToSurrogate(in StreamOffset value) => new()
        {
            Incarnation = value.Incarnation,
            Sequence = value.Sequence,
        };
    }
}
