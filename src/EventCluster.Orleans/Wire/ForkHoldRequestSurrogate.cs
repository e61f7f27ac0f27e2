using EventCluster.Abstractions.Streams;
using EventCluster.Core.Owners;

namespace EventCluster.Orleans.Wire;

/// <summary>A <see cref="ForkHoldRequest"/> between silos.</summary>
[GenerateSerializer]
[Immutable]
[OmitDefaultMemberValues]
[Alias("ec.hold")]
internal struct ForkHoldRequestSurrogate
{
    /// <summary>The fork point.</summary>
    [Id(0)]
    public ForkSpec? Spec;

    /// <summary>The fork's name.</summary>
    [Id(1)]
    public string? Fork;

    /// <summary>The content type; null for the source's.</summary>
    [Id(2)]
    public string? ContentType;

    /// <summary>The fork's incarnation.</summary>
    [Id(3)]
    public long Incarnation;

    /// <summary>Converts in both directions.</summary>
    [RegisterConverter]
    internal sealed class Converter : IConverter<ForkHoldRequest, ForkHoldRequestSurrogate>
    {
        /// <inheritdoc />
        public ForkHoldRequest ConvertFromSurrogate(in ForkHoldRequestSurrogate surrogate) =>
            new(
                WireField.Required(surrogate.Spec, "fork point"),
                WireField.Name(surrogate.Fork),
                WireField.OptionalType(surrogate.ContentType),
                surrogate.Incarnation);

        /// <inheritdoc />
        public ForkHoldRequestSurrogate ConvertToSurrogate(in ForkHoldRequest value) => new()
        {
            Spec = value.Spec,
            Fork = value.Fork.Value,
            ContentType = value.ContentType?.Original,
            Incarnation = value.Incarnation,
        };
    }
}
