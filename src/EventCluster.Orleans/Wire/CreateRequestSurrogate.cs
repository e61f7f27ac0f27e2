using EventCluster.Abstractions.Streams;

namespace EventCluster.Orleans.Wire;

/// <summary>A <see cref="CreateRequest"/> between silos.</summary>
[GenerateSerializer]
[Immutable]
[OmitDefaultMemberValues]
[Alias("ec.create")]
internal struct CreateRequestSurrogate
{
    /// <summary>The content type; null when the caller named none.</summary>
    [Id(0)]
    public string? ContentType;

    /// <summary>Sliding time to live.</summary>
    [Id(1)]
    public long? TtlSeconds;

    /// <summary>Absolute expiry, ticks of UTC.</summary>
    [Id(2)]
    public long? ExpiresAtTicks;

    /// <summary>Limits; null for none.</summary>
    [Id(3)]
    public RetentionLimits? Retention;

    /// <summary>The first payloads.</summary>
    [Id(4)]
    public WireEvents Events;

    /// <summary>Created closed.</summary>
    [Id(5)]
    public bool Close;

    /// <summary>The fork point; null for no fork.</summary>
    [Id(6)]
    public ForkSpec? Fork;

    /// <summary>Names the request; null for none.</summary>
    [Id(7)]
    public string? RequestId;

    /// <summary>Confirms an earlier attempt and creates nothing.</summary>
    [Id(8)]
    public bool IsRepeat;

    /// <summary>Converts in both directions.</summary>
    [RegisterConverter]
    internal sealed class Converter : IConverter<CreateRequest, CreateRequestSurrogate>
    {
        /// <inheritdoc />
        public CreateRequest ConvertFromSurrogate(in CreateRequestSurrogate surrogate) =>
            new()
            {
                ContentType = WireField.OptionalType(surrogate.ContentType),
                TtlSeconds = surrogate.TtlSeconds,
                ExpiresAt = surrogate.ExpiresAtTicks is { } ticks ? new DateTimeOffset(ticks, TimeSpan.Zero) : null,
                Retention = surrogate.Retention ?? RetentionLimits.None,
                Events = surrogate.Events.ToList(),
                Close = surrogate.Close,
                Fork = surrogate.Fork,
                RequestId = surrogate.RequestId,
                IsRepeat = surrogate.IsRepeat,
            };

        /// <inheritdoc />
        public CreateRequestSurrogate ConvertToSurrogate(in CreateRequest value) => new()
        {
            ContentType = value.ContentType?.Original,
            TtlSeconds = value.TtlSeconds,
            ExpiresAtTicks = value.ExpiresAt?.UtcTicks,
            Retention = value.Retention.IsEmpty ? null : value.Retention,
            Events = WireEvents.Of(value.Events),
            Close = value.Close,
            Fork = value.Fork,
            RequestId = value.RequestId,
            IsRepeat = value.IsRepeat,
        };
    }
}
