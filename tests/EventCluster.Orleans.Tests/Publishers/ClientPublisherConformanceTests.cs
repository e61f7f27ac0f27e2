using EventCluster.Abstractions.Streams;
using EventCluster.Conformance.Publishers;
using EventCluster.Orleans.Client;
using EventCluster.Protocol;
using EventCluster.TestKit;
using Xunit;

namespace EventCluster.Orleans.Tests.Publishers;

/// <summary>The plain verbs of the client, which name no content type and throw.</summary>
public sealed class ClientPublisherConformanceTests(ClusterFixture fixture) : GrainPublisherConformance(fixture)
{
    /// <summary>The plain verb sends events and nothing else.</summary>
    public static new TheoryData<string> Cases =>
        [.. PublisherCase.All.Where(static named => named.Value is { Producer: null, StreamSeq: null }).Select(static named => named.Key)];

    /// <summary>The plain verb names a type and nothing else.</summary>
    public static TheoryData<string> Creations =>
    [
        .. CreationCase.All.Where(static named => named.Value.Request is var request && request.Events.Count == 0
            && request == new CreateRequest { ContentType = request.ContentType, Events = request.Events }).Select(static named => named.Key),
    ];

    /// <inheritdoc />
    protected override string? TypedCode => null;

    /// <inheritdoc />
    protected override async Task<string?> AppendAsync(StreamName name, PublisherCase append)
    {
        var stream = Fixture.Client.GetStream(Here(name).Value);
        try
        {
            await stream.AppendAsync([.. append.Payloads.Select(payload => (ReadOnlyMemory<byte>)payload)], Cancellation);
            return null;
        }
        catch (StreamRefusedException e)
        {
            Assert.Equal((stream.Name, e.Code), (e.Stream, new Protocol.ErrorCode(e.Code.Value)));
            Assert.Contains(stream.Name.Value, e.Message, StringComparison.Ordinal);
            Assert.Equal(e.Code.Value, CodeOf(await stream.TryAppendAsync(RequestOf(append, hasType: false).Events, Cancellation), name));
            return e.Code.Value;
        }
    }

    [Theory]
    [MemberData(nameof(Creations))]
    public Task Create_Case_IsTakenOrRefusedAsEverywhere(string name) => CheckCreationAsync(name, CreateAsync);

    private async Task<string?> CreateAsync(StreamName name, CreationCase create)
    {
        var stream = Fixture.Client.GetStream(Here(name).Value);
        try
        {
            await stream.CreateAsync(create.Request.ContentType?.Original, Cancellation);
            return null;
        }
        catch (StreamRefusedException e)
        {
            return e.Code.Value;
        }
    }

    [Fact]
    public async Task Create_OfAnotherType_Throws_AndTryCreateTells()
    {
        var stream = Fixture.Client.GetStream(Here(TestData.Name("s")).Value);
        Assert.Equal("text/plain", (await stream.CreateAsync("text/plain", Cancellation)).ContentType.Original);
        Assert.Equal("text/plain", (await stream.CreateAsync("text/plain", Cancellation)).ContentType.Original);

        var refused = await Assert.ThrowsAsync<StreamRefusedException>(async () => await stream.CreateAsync("application/json", Cancellation));
        Assert.Equal(Protocol.ErrorCode.ConfigurationConflict, refused.Code);
        Assert.IsType<CreateOutcome.Conflict>(await stream.TryCreateAsync("application/json", Cancellation));
    }

    [Fact]
    public async Task Append_ToAMissingStream_SaysWhatToDo()
    {
        var stream = Fixture.Client.GetStream(Here(TestData.Name("missing")).Value);

        var refused = await Assert.ThrowsAsync<StreamRefusedException>(async () => await stream.AppendAsync("a", Cancellation));

        Assert.Equal(Protocol.ErrorCode.NotFound, refused.Code);
        Assert.Contains("create it first", refused.Message, StringComparison.Ordinal);
    }
}
