using EventCluster.Protocol;
using ErrorCode = EventCluster.Protocol.ErrorCode;

namespace EventCluster.Orleans.Wire;

/// <summary>A <see cref="Refusal"/> between silos.</summary>
[GenerateSerializer]
[Immutable]
[OmitDefaultMemberValues]
[Alias("ec.refusal")]
internal struct RefusalSurrogate
{
    /// <summary>The error code.</summary>
    [Id(0)]
    public string? Code;

    /// <summary>What was wrong.</summary>
    [Id(1)]
    public string? Detail;

    /// <summary>Converts in both directions.</summary>
    [RegisterConverter]
    internal sealed class Converter : IConverter<Refusal, RefusalSurrogate>
    {
        /// <inheritdoc />
        public Refusal ConvertFromSurrogate(in RefusalSurrogate surrogate) =>
            new(new ErrorCode(WireField.Required(surrogate.Code, "error code")), surrogate.Detail ?? string.Empty);

        /// <inheritdoc />
        public RefusalSurrogate ConvertToSurrogate(in Refusal value) => new()
        {
            Code = value.Code.Value,
            Detail = value.Detail,
        };
    }
}
