using EventCluster.Abstractions.Streams;
using EventCluster.Conformance.Publishers;
using EventCluster.Orleans.Grains;
using EventCluster.Orleans.Wire;
using EventCluster.Protocol;
using Xunit;

namespace EventCluster.Orleans.Tests.Publishers;

/// <summary>Every way to publish without an edge.</summary>
public abstract class GrainPublisherConformance(ClusterFixture fixture) : PublisherConformance, IClassFixture<ClusterFixture>
{
    private readonly string _prefix = fixture.NextPrefix();

    private protected ClusterFixture Fixture => fixture;

    /// <inheritdoc />
    protected override Task StartAsync() => Task.CompletedTask;

    /// <inheritdoc />
    protected override IStreamHandle Owner(StreamName name) => fixture.Cluster.Edge(1).GetStream(Here(name));

    /// <summary>Cases share a cluster, not a stream.</summary>
    private protected StreamName Here(StreamName name) =>
        name.Value.StartsWith(_prefix, StringComparison.Ordinal) ? name : StreamName.Parse($"{_prefix}/{name.Value}");

    private protected static AppendRequest RequestOf(PublisherCase append, bool hasType) => new()
    {
        ContentType = hasType && append.Payloads.Count > 0 ? StreamContentType.Parse(append.ContentType) : null,
        Events = [.. append.Payloads.Select(payload => (ReadOnlyMemory<byte>)payload)],
        Producer = append.Producer,
        StreamSeq = append.StreamSeq,
    };

    private protected static string? CodeOf(AppendOutcome outcome, StreamName name) => StreamRefusals.Of(outcome, name)?.Code.Value;

    private protected static string? CodeOf(CreateOutcome outcome, StreamName name) => StreamRefusals.Of(outcome, name)?.Code.Value;

    /// <summary>As a client does that brings a library of its own.</summary>
    private protected async Task<AppendOutcome[]> CallAsync(IGrainFactory grains, StreamName name, params AppendRequest[] requests) =>
        (await grains.GetGrain<IStreamGrain>(Here(name).Value).AppendAsync(new Wire<AppendRequest[]>(requests))).Value;
}
