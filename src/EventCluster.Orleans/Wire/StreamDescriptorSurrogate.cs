using EventCluster.Abstractions;
using EventCluster.Abstractions.Streams;
using EventCluster.Protocol;

namespace EventCluster.Orleans.Wire;

/// <summary>A <see cref="StreamDescriptor"/> between silos. Times are Unix milliseconds.</summary>
[GenerateSerializer]
[Immutable]
[OmitDefaultMemberValues]
[Alias("ec.descriptor")]
internal struct StreamDescriptorSurrogate
{
    /// <summary>The stream's name.</summary>
    [Id(0)]
    public string? Name;

    /// <summary>The content type.</summary>
    [Id(1)]
    public string? ContentType;

    /// <summary>The earliest position.</summary>
    [Id(2)]
    public StreamOffset Earliest;

    /// <summary>The tail.</summary>
    [Id(3)]
    public StreamOffset Tail;

    /// <summary>The incarnations, oldest first.</summary>
    [Id(4)]
    public IncarnationStart[]? Incarnations;

    /// <summary>No further appends.</summary>
    [Id(5)]
    public bool Closed;

    /// <summary>Sliding time to live.</summary>
    [Id(6)]
    public long? TtlSeconds;

    /// <summary>Absolute expiry.</summary>
    [Id(7)]
    public long? ExpiresAt;

    /// <summary>When it ends without access.</summary>
    [Id(8)]
    public long? Deadline;

    /// <summary>Limits set on the stream; null for none.</summary>
    [Id(9)]
    public RetentionLimits? Retention;

    /// <summary>Payload bytes kept.</summary>
    [Id(10)]
    public long RetainedBytes;

    /// <summary>The source of a fork.</summary>
    [Id(11)]
    public string? ForkedFrom;

    /// <summary>Converts in both directions.</summary>
    [RegisterConverter]
    internal sealed class Converter : IConverter<StreamDescriptor, StreamDescriptorSurrogate>
    {
        /// <inheritdoc />
        public StreamDescriptor ConvertFromSurrogate(in StreamDescriptorSurrogate surrogate) =>
            new()
            {
                Name = WireField.Name(surrogate.Name),
                ContentType = WireField.Type(surrogate.ContentType),
                Earliest = surrogate.Earliest,
                Tail = surrogate.Tail,
                Incarnations = WireField.Incarnations(surrogate.Incarnations),
                Closed = surrogate.Closed,
                TtlSeconds = surrogate.TtlSeconds,
                ExpiresAt = WireField.Time(surrogate.ExpiresAt),
                Deadline = WireField.Time(surrogate.Deadline),
                Retention = surrogate.Retention ?? RetentionLimits.None,
                RetainedBytes = surrogate.RetainedBytes,
                ForkedFrom = surrogate.ForkedFrom is { } source ? WireField.Name(source) : null,
            };

        /// <inheritdoc />
        public StreamDescriptorSurrogate ConvertToSurrogate(in StreamDescriptor value) => new()
        {
            Name = value.Name.Value,
            ContentType = value.ContentType.Original,
            Earliest = value.Earliest,
            Tail = value.Tail,
            Incarnations = [.. value.Incarnations],
            Closed = value.Closed,
            TtlSeconds = value.TtlSeconds,
            ExpiresAt = value.ExpiresAt?.ToUnixTimeMilliseconds(),
            Deadline = value.Deadline?.ToUnixTimeMilliseconds(),
            Retention = value.Retention.IsEmpty ? null : value.Retention,
            RetainedBytes = value.RetainedBytes,
            ForkedFrom = value.ForkedFrom?.Value,
        };
    }
}
