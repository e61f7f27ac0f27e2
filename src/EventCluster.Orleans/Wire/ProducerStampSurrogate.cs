using EventCluster.Abstractions.Streams;

namespace EventCluster.Orleans.Wire;

/// <summary>A <see cref="ProducerStamp"/> between silos.</summary>
[GenerateSerializer]
[Immutable]
[OmitDefaultMemberValues]
[Alias("ec.producer")]
internal struct ProducerStampSurrogate
{
    /// <summary>The producer id.</summary>
    [Id(0)]
    public string Id;

    /// <summary>The epoch.</summary>
    [Id(1)]
    public long Epoch;

    /// <summary>The sequence.</summary>
    [Id(2)]
    public long Sequence;

    /// <summary>Converts in both directions.</summary>
    [RegisterConverter]
    internal sealed class Converter : IConverter<ProducerStamp, ProducerStampSurrogate>
    {
        /// <inheritdoc />
        public ProducerStamp ConvertFromSurrogate(in ProducerStampSurrogate surrogate) =>
            new(WireField.Required(surrogate.Id, "producer id"), surrogate.Epoch, surrogate.Sequence);

        /// <inheritdoc />
        public ProducerStampSurrogate ConvertToSurrogate(in ProducerStamp value) => new()
        {
            Id = value.Id,
            Epoch = value.Epoch,
            Sequence = value.Sequence,
        };
    }
}
