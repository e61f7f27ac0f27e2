using EventCluster.Abstractions.Streams;
using EventCluster.Protocol;

namespace EventCluster.Orleans.Wire;

/// <summary>A <see cref="ReadRequest"/> between silos.</summary>
[GenerateSerializer]
[Immutable]
[OmitDefaultMemberValues]
[Alias("ec.read")]
internal struct ReadRequestSurrogate
{
    /// <summary>The position.</summary>
    [Id(0)]
    public StreamOffset From;

    /// <summary>Payload bytes at most.</summary>
    [Id(1)]
    public int MaxBytes;

    /// <summary>Events at most.</summary>
    [Id(2)]
    public int MaxEvents;

    /// <summary>How long it waits at the tail.</summary>
    [Id(3)]
    public long WaitTicks;

    /// <summary>Counts as an access.</summary>
    [Id(4)]
    public bool Touch;

    /// <summary>A <see cref="ReadConfirmation"/>; absent from an earlier version, whose answers are confirmed.</summary>
    [Id(5)]
    public int Confirmation;

    /// <summary>Converts in both directions.</summary>
    [RegisterConverter]
    internal sealed class Converter : IConverter<ReadRequest, ReadRequestSurrogate>
    {
        /// <inheritdoc />
        public ReadRequest ConvertFromSurrogate(in ReadRequestSurrogate surrogate) =>
            new(surrogate.From, surrogate.MaxBytes, surrogate.MaxEvents, new TimeSpan(surrogate.WaitTicks), surrogate.Touch)
            {
                Confirmation = WireField.Confirmation(surrogate.Confirmation),
            };

        /// <inheritdoc />
        public ReadRequestSurrogate ConvertToSurrogate(in ReadRequest value) => new()
        {
            From = value.From,
            MaxBytes = value.MaxBytes,
            MaxEvents = value.MaxEvents,
            WaitTicks = value.WaitUpTo.Ticks,
            Touch = value.Touch,
            Confirmation = (int)value.Confirmation,
        };
    }
}
