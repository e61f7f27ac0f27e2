using System.Globalization;
using EventCluster.Abstractions.Streams;
using EventCluster.Conformance.Publishers;
using EventCluster.Orleans.Grains;
using EventCluster.Orleans.Wire;
using EventCluster.Protocol;
using EventCluster.TestKit;
using Xunit;

namespace EventCluster.Orleans.Tests.Publishers;

/// <summary>A client of the gateway that calls the grain itself, without the product's library.</summary>
public sealed class ForeignPublisherConformanceTests(ClusterFixture fixture) : GrainPublisherConformance(fixture)
{
    /// <inheritdoc />
    protected override async Task<string?> AppendAsync(StreamName name, PublisherCase append) => CodeOf(
        (await CallAsync(Fixture.Cluster.Grains, name, RequestOf(append, hasType: true)))[0], name);

    /// <summary>All of them.</summary>
    public static TheoryData<string> Creations => AllCreations;

    [Theory]
    [MemberData(nameof(Creations))]
    public Task Create_Case_IsTakenOrRefusedAsEverywhere(string name) => CheckCreationAsync(name, CreateAsync);

    private async Task<string?> CreateAsync(StreamName name, CreationCase create) =>
        CodeOf(await CreateAsync(Here(name), create.Request), name);

    [Fact]
    public async Task Append_AGoodOneBetweenBadOnes_IsTakenAlone()
    {
        var stream = Owner(TestData.Name("s"));
        Assert.IsType<CreateOutcome.Created>(await stream.CreateAsync(
            new CreateRequest { ContentType = StreamContentType.Parse("application/json") }, Cancellation));
        var bad = new AppendRequest { Events = TestData.Payloads("x") };

        var outcomes = await CallAsync(
            Fixture.Cluster.Grains, stream.Name, bad, new AppendRequest { Events = TestData.Payloads("1") }, bad, new AppendRequest());

        Assert.IsType<AppendOutcome.Invalid>(outcomes[0]);
        Assert.IsType<AppendOutcome.Appended>(outcomes[1]);
        Assert.IsType<AppendOutcome.Invalid>(outcomes[2]);
        Assert.Equal(Protocol.ErrorCode.EmptyBody, Assert.IsType<AppendOutcome.Invalid>(outcomes[3]).Why.Code);
        Assert.Equal(1, Assert.IsType<DescribeOutcome.Found>(await stream.DescribeAsync(Cancellation)).Descriptor.Tail.Sequence);
    }

    [Theory]
    [InlineData("application/json", "x", "invalid_body")]
    [InlineData("application/json", "1", null)]
    [InlineData("text/plain", "x", null)]
    [InlineData(null, "x", null)]
    public async Task Create_WithEvents_IsCheckedToo(string? contentType, string payload, string? code)
    {
        var name = Here(TestData.Name("created"));

        var outcome = await CreateAsync(name, new CreateRequest
        {
            ContentType = contentType is null ? null : StreamContentType.Parse(contentType),
            Events = TestData.Payloads(payload),
        });

        Assert.Equal(code, StreamRefusals.Of(outcome, name)?.Code.Value);
        Assert.Equal(code is null, await Owner(name).DescribeAsync(Cancellation) is DescribeOutcome.Found);
    }

    [Theory]
    [InlineData(0L, null)]
    [InlineData(-1L, null)]
    [InlineData(null, "2020-01-31T12:00:00Z")]
    [InlineData(60L, "2090-01-31T12:00:00Z")]
    public async Task Create_ThatIsOverWhenItBegins_IsRefused(long? ttlSeconds, string? expiresAt)
    {
        var name = Here(TestData.Name("over"));

        var outcome = await CreateAsync(name, new CreateRequest
        {
            TtlSeconds = ttlSeconds,
            ExpiresAt = expiresAt is null ? null : DateTimeOffset.Parse(expiresAt, CultureInfo.InvariantCulture),
        });

        Assert.Equal(Protocol.ErrorCode.BadRequest, Assert.IsType<CreateOutcome.Invalid>(outcome).Why.Code);
        Assert.IsType<DescribeOutcome.NotFound>(await Owner(name).DescribeAsync(Cancellation));
    }

    [Fact]
    public async Task Create_OfAForkWithoutAType_IsCheckedByItsSourcesType()
    {
        var source = Owner(TestData.Name("source"));
        Assert.IsType<CreateOutcome.Created>(await source.CreateAsync(
            new CreateRequest { ContentType = StreamContentType.Parse("application/json") }, Cancellation));
        var fork = new ForkSpec(source.Name, null, FromStart: false, 0);

        Assert.IsType<CreateOutcome.Invalid>(
            await CreateAsync(Here(TestData.Name("bad")), new CreateRequest { Fork = fork, Events = TestData.Payloads("x") }));
        Assert.IsType<CreateOutcome.Created>(
            await CreateAsync(Here(TestData.Name("good")), new CreateRequest { Fork = fork, Events = TestData.Payloads("1") }));
    }

    [Theory]
    [InlineData(-5L)]
    [InlineData(ProtocolLimits.MaxProducerNumber + 1)]
    public async Task Configure_OutOfRange_IsRefused(long events)
    {
        var stream = Owner(TestData.Name("s"));
        Assert.IsType<CreateOutcome.Created>(await stream.CreateAsync(new CreateRequest(), Cancellation));

        var grain = Fixture.Cluster.Grains.GetGrain<IStreamGrain>(stream.Name.Value);
        var outcome = (await grain.ConfigureAsync(new Wire<RetentionLimits>(new RetentionLimits(Events: events)), incarnation: null)).Value;

        Assert.Equal(Protocol.ErrorCode.BadRequest, Assert.IsType<ConfigureOutcome.Invalid>(outcome).Why.Code);
    }

    [Fact]
    public async Task Append_ByAnEdge_IsNotCheckedAgain()
    {
        // Goal: the silo checks only what no edge checked. Method: an edge sends what it would never let through.
        var stream = Owner(TestData.Name("s"));
        var json = StreamContentType.Parse("application/json");
        Assert.IsType<CreateOutcome.Created>(await stream.CreateAsync(new CreateRequest { ContentType = json }, Cancellation));

        Assert.IsType<AppendOutcome.Appended>(
            await stream.AppendAsync(new AppendRequest { ContentType = json, Events = TestData.Payloads("x") }, Cancellation));
    }

    private async Task<CreateOutcome> CreateAsync(StreamName name, CreateRequest request) =>
        (await Fixture.Cluster.Grains.GetGrain<IStreamGrain>(name.Value).CreateAsync(new Wire<CreateRequest>(request))).Value;
}
