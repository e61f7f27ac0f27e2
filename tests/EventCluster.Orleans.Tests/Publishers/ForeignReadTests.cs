using EventCluster.Abstractions.Streams;
using EventCluster.Orleans.Grains;
using EventCluster.Orleans.Wire;
using EventCluster.Protocol;
using EventCluster.TestKit;
using Xunit;

namespace EventCluster.Orleans.Tests.Publishers;

/// <summary>A client of the gateway without the product's library asks for more than an answer may hold.</summary>
public sealed class ForeignReadTests(ClusterFixture fixture) : IClassFixture<ClusterFixture>
{
    private const int EventBytes = 100_000;
    private const int Events = 30;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(int.MaxValue, int.MaxValue)]
    [InlineData(int.MaxValue, 20)]
    [InlineData(ProtocolLimits.MaxReadAnswerBytes + 1, int.MaxValue)]
    [InlineData(1, int.MaxValue)]
    [InlineData(-1, 5)]
    public async Task Read_OfMoreThanAnAnswerHolds_GetsAnAnswerOfTheLargestSize(int maxBytes, int maxEvents)
    {
        var stream = fixture.Cluster.Edge(1).GetStream(StreamName.Parse($"{fixture.NextPrefix()}/s"));
        Assert.True(await stream.CreateAsync(new CreateRequest(), Cancellation) is CreateOutcome.Created or CreateOutcome.Exists);
        for (var i = 0; i < Events; i++)
        {
            Assert.IsType<AppendOutcome.Appended>(await stream.AppendAsync(
                new AppendRequest { ContentType = StreamContentType.Default, Events = [TestData.Bytes(i, EventBytes)] }, Cancellation));
        }

        var found = Assert.IsType<DescribeOutcome.Found>(await stream.DescribeAsync(Cancellation)).Descriptor;
        var grain = fixture.Cluster.Grains.GetGrain<IStreamGrain>(stream.Name.Value);
        var reply = await grain.ReadAsync(
            new Wire<ReadRequest>(new ReadRequest(found.Earliest, maxBytes, maxEvents, TimeSpan.Zero, Touch: false)), Cancellation);

        var batch = Assert.IsType<ReadOutcome.Batch>(reply.Value.Outcome);
        Assert.InRange(batch.Slices.Sum(static slice => (long)slice.PayloadBytes), EventBytes, Math.Max(EventBytes, ProtocolLimits.MaxReadAnswerBytes));
        Assert.InRange(batch.Slices.Sum(static slice => slice.Count), 1, maxEvents);
    }
}
