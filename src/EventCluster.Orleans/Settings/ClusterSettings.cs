using EventCluster.Abstractions.Streams;

namespace EventCluster.Orleans.Settings;

/// <summary>Cluster-wide settings. Kept as grain state: fields are added, never renamed or removed.</summary>
[GenerateSerializer]
[Immutable]
[Alias("ec.settings.v1")]
public sealed record ClusterSettings
{
    /// <summary>An operator has set these; until then each silo's configuration holds.</summary>
    [Id(0)]
    public bool IsSet { get; init; }

    /// <summary>Events kept per stream that sets no limit itself; null for all.</summary>
    [Id(1)]
    public long? RetainEvents { get; init; }

    /// <summary>Payload bytes kept per stream that sets no limit itself; null for all.</summary>
    [Id(2)]
    public long? RetainBytes { get; init; }

    /// <summary>Age in seconds of events kept in streams that set no limit themselves; null for ever.</summary>
    [Id(3)]
    public long? RetainAgeSeconds { get; init; }

    /// <summary>The three limits.</summary>
    public RetentionLimits RetentionDefaults => new(RetainEvents, RetainBytes, RetainAgeSeconds);
}
