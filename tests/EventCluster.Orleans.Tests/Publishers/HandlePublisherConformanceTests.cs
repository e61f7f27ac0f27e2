using EventCluster.Conformance.Publishers;
using EventCluster.Protocol;
using Xunit;

namespace EventCluster.Orleans.Tests.Publishers;

/// <summary>The client's handle, which names the content type.</summary>
public sealed class HandlePublisherConformanceTests(ClusterFixture fixture) : GrainPublisherConformance(fixture)
{
    /// <inheritdoc />
    protected override async Task<string?> AppendAsync(StreamName name, PublisherCase append) => CodeOf(
        await Fixture.Client.GetStream(Here(name).Value).Handle.AppendAsync(RequestOf(append, hasType: true), Cancellation), name);

    /// <summary>All of them.</summary>
    public static TheoryData<string> Creations => AllCreations;

    [Theory]
    [MemberData(nameof(Creations))]
    public Task Create_Case_IsTakenOrRefusedAsEverywhere(string name) => CheckCreationAsync(name, CreateAsync);

    private async Task<string?> CreateAsync(StreamName name, CreationCase create) => CodeOf(
        await Fixture.Client.GetStream(Here(name).Value).Handle.CreateAsync(create.Request, Cancellation), name);
}
