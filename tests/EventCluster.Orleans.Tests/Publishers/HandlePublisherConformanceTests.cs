using EventCluster.Conformance.Publishers;
using EventCluster.Protocol;

namespace EventCluster.Orleans.Tests.Publishers;

/// <summary>The client's handle, which names the content type.</summary>
public sealed class HandlePublisherConformanceTests(ClusterFixture fixture) : GrainPublisherConformance(fixture)
{
    /// <inheritdoc />
    protected override async Task<string?> AppendAsync(StreamName name, PublisherCase append) => CodeOf(
        await Fixture.Client.GetStream(Here(name).Value).Handle.AppendAsync(RequestOf(append, hasType: true), Cancellation), name);

    /// <inheritdoc />
    protected override bool CanSay(CreationCase create) => true;

    /// <inheritdoc />
    protected override async Task<string?> CreateAsync(StreamName name, CreationCase create) => CodeOf(
        await Fixture.Client.GetStream(Here(name).Value).Handle.CreateAsync(create.Request, Cancellation), name);
}
