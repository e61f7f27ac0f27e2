using EventCluster.Abstractions.Streams;
using EventCluster.Protocol;

namespace EventCluster.Orleans.Wire;

/// <summary>An <see cref="AppendRequest"/> between silos.</summary>
[GenerateSerializer]
[Immutable]
[OmitDefaultMemberValues]
[Alias("ec.append")]
internal struct AppendRequestSurrogate
{
    /// <summary>The content type; null when the caller named none.</summary>
    [Id(0)]
    public string? ContentType;

    /// <summary>The payloads.</summary>
    [Id(1)]
    public WireEvents Events;

    /// <summary>Closes the stream.</summary>
    [Id(2)]
    public bool Close;

    /// <summary>The producer; null for none.</summary>
    [Id(3)]
    public ProducerStamp? Producer;

    /// <summary>The <c>Stream-Seq</c>; null for none.</summary>
    [Id(4)]
    public string? StreamSeq;

    /// <summary>The tail that is expected; null for any.</summary>
    [Id(5)]
    public StreamOffset? ExpectedOffset;

    /// <summary>The incarnation of the stream that a repeated attempt means; null for the one that exists now.</summary>
    [Id(6)]
    public long? Incarnation;

    /// <summary>Converts in both directions.</summary>
    [RegisterConverter]
    internal sealed class Converter : IConverter<AppendRequest, AppendRequestSurrogate>
    {
        /// <inheritdoc />
        public AppendRequest ConvertFromSurrogate(in AppendRequestSurrogate surrogate) =>
            new()
            {
                ContentType = WireField.OptionalType(surrogate.ContentType),
                Events = surrogate.Events.ToList(),
                Close = surrogate.Close,
                Producer = surrogate.Producer,
                StreamSeq = surrogate.StreamSeq,
                ExpectedOffset = surrogate.ExpectedOffset,
                Incarnation = surrogate.Incarnation,
            };

        /// <inheritdoc />
        public AppendRequestSurrogate ConvertToSurrogate(in AppendRequest value) => new()
        {
            ContentType = value.ContentType?.Original,
            Events = WireEvents.Of(value.Events),
            Close = value.Close,
            Producer = value.Producer,
            StreamSeq = value.StreamSeq,
            ExpectedOffset = value.ExpectedOffset,
            Incarnation = value.Incarnation,
        };
    }
}
