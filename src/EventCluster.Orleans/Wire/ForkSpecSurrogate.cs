using EventCluster.Abstractions.Streams;
using EventCluster.Protocol;

namespace EventCluster.Orleans.Wire;

/// <summary>A <see cref="ForkSpec"/> between silos.</summary>
[GenerateSerializer]
[Immutable]
[OmitDefaultMemberValues]
[Alias("ec.fork")]
internal struct ForkSpecSurrogate
{
    /// <summary>The source's name.</summary>
    [Id(0)]
    public string? Source;

    /// <summary>The fork point; null for the tail or the start.</summary>
    [Id(1)]
    public StreamOffset? Offset;

    /// <summary>The fork begins at the earliest event.</summary>
    [Id(2)]
    public bool FromStart;

    /// <summary>Bytes or values of the event at the fork point.</summary>
    [Id(3)]
    public long SubOffset;

    /// <summary>Converts in both directions.</summary>
    [RegisterConverter]
    internal sealed class Converter : IConverter<ForkSpec, ForkSpecSurrogate>
    {
        /// <inheritdoc />
        public ForkSpec ConvertFromSurrogate(in ForkSpecSurrogate surrogate) =>
            new(WireField.Name(surrogate.Source), surrogate.Offset, surrogate.FromStart, surrogate.SubOffset);

        /// <inheritdoc />
        public ForkSpecSurrogate ConvertToSurrogate(in ForkSpec value) => new()
        {
            Source = value.Source.Value,
            Offset = value.Offset,
            FromStart = value.FromStart,
            SubOffset = value.SubOffset,
        };
    }
}
