using EventCluster.Abstractions.Streams;

namespace EventCluster.Orleans.Wire;

/// <summary><see cref="RetentionLimits"/> between silos.</summary>
[GenerateSerializer]
[Immutable]
[OmitDefaultMemberValues]
[Alias("ec.retention")]
internal struct RetentionLimitsSurrogate
{
    /// <summary>Most events; null when not set.</summary>
    [Id(0)]
    public long? Events;

    /// <summary>Most payload bytes; null when not set.</summary>
    [Id(1)]
    public long? Bytes;

    /// <summary>Greatest age; null when not set.</summary>
    [Id(2)]
    public long? AgeSeconds;

    /// <summary>Converts in both directions.</summary>
    [RegisterConverter]
    internal sealed class Converter : IConverter<RetentionLimits, RetentionLimitsSurrogate>
    {
        /// <inheritdoc />
        public RetentionLimits ConvertFromSurrogate(in RetentionLimitsSurrogate surrogate) =>
            new(surrogate.Events, surrogate.Bytes, surrogate.AgeSeconds);

        /// <inheritdoc />
        public RetentionLimitsSurrogate ConvertToSurrogate(in RetentionLimits value) => new()
        {
            Events = value.Events,
            Bytes = value.Bytes,
            AgeSeconds = value.AgeSeconds,
        };
    }
}
