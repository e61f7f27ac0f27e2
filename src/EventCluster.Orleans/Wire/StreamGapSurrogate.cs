using EventCluster.Abstractions.Streams;
using EventCluster.Protocol;

namespace EventCluster.Orleans.Wire;

/// <summary>A <see cref="StreamGap"/> between silos.</summary>
[GenerateSerializer]
[Immutable]
[OmitDefaultMemberValues]
[Alias("ec.gap")]
internal struct StreamGapSurrogate
{
    /// <summary>The position asked for.</summary>
    [Id(0)]
    public StreamOffset Requested;

    /// <summary>The earliest position.</summary>
    [Id(1)]
    public StreamOffset Earliest;

    /// <summary>The tail.</summary>
    [Id(2)]
    public StreamOffset Tail;

    /// <summary>A <see cref="GapReason"/>.</summary>
    [Id(3)]
    public int Reason;

    /// <summary>Converts in both directions.</summary>
    [RegisterConverter]
    internal sealed class Converter : IConverter<StreamGap, StreamGapSurrogate>
    {
        /// <inheritdoc />
        public StreamGap ConvertFromSurrogate(in StreamGapSurrogate surrogate) =>
            new(surrogate.Requested, surrogate.Earliest, surrogate.Tail, WireField.Gap(surrogate.Reason));

        /// <inheritdoc />
        public StreamGapSurrogate ConvertToSurrogate(in StreamGap value) => new()
        {
            Requested = value.Requested,
            Earliest = value.Earliest,
            Tail = value.Tail,
            Reason = (int)value.Reason,
        };
    }
}
