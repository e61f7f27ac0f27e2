using EventCluster.Abstractions.Memory;
using EventCluster.Abstractions.Streams;
using EventCluster.Core.Running;
using EventCluster.Protocol;
using EventCluster.TestKit;
using Xunit;

namespace EventCluster.Core.Tests.Limits;

/// <summary>While the memory for streams is full nothing new is taken, and everything known goes on.</summary>
public sealed class StreamStateTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Full_CreateForkAndNewProducer_AreRefusedAndAllElseGoesOn()
    {
        var share = new MemoryShare("stream-state", limit: 1_000_000);
        await using var fixture = new DirectoryFixture(new LocalStreamDirectoryOptions { StreamState = share });
        var stream = fixture.At("known");
        var create = new CreateRequest { ContentType = StreamContentType.Default };
        Assert.IsType<CreateOutcome.Created>(await stream.CreateAsync(create, Cancel));
        Assert.IsType<AppendOutcome.Appended>(await stream.AppendAsync(Append(new ProducerStamp("p", 0, 0)), Cancel));

        share.Take(share.Limit);
        AssertFull((await fixture.At("new").CreateAsync(create, Cancel) as CreateOutcome.Unavailable)?.Reason);
        AssertFull((await fixture.At("fork").CreateAsync(
            new CreateRequest { Fork = new ForkSpec(stream.Name, null, FromStart: false, SubOffset: 0) }, Cancel) as CreateOutcome.Unavailable)?.Reason);
        AssertFull((await stream.AppendAsync(Append(new ProducerStamp("q", 0, 0)), Cancel) as AppendOutcome.Unavailable)?.Reason);

        Assert.IsType<CreateOutcome.Exists>(await stream.CreateAsync(create, Cancel));
        Assert.IsType<AppendOutcome.Appended>(await stream.AppendAsync(Append(new ProducerStamp("p", 0, 1)), Cancel));
        var appended = Assert.IsType<AppendOutcome.Appended>(await stream.AppendAsync(Append(null), Cancel));
        Assert.IsType<TrimOutcome.Trimmed>(await stream.TrimAsync(appended.Next, Cancel));
        Assert.IsType<DeleteOutcome.Deleted>(await stream.DeleteAsync(Cancel));

        share.Release(share.Limit);
        Assert.IsType<CreateOutcome.Created>(await fixture.At("new").CreateAsync(create, Cancel));
    }

    [Fact]
    public async Task LoadedStreams_AreCountedUntilTheyLeave()
    {
        var share = new MemoryShare("stream-state", limit: 1_000_000);
        await using (var fixture = new DirectoryFixture(new LocalStreamDirectoryOptions { StreamState = share }))
        {
            for (var i = 0; i < 3; i++)
            {
                await fixture.At($"s{i}").CreateAsync(new CreateRequest { ContentType = StreamContentType.Default }, Cancel);
            }

            Assert.Equal(3 * StreamRegistry.LoadedStreamBytes, share.Used);
        }

        Assert.Equal(0, share.Used);
    }

    private static AppendRequest Append(ProducerStamp? producer) =>
        new() { ContentType = StreamContentType.Default, Events = TestData.Payloads("x"), Producer = producer };

    private static void AssertFull(UnavailableReason? reason) => Assert.Equal(UnavailableReason.StateFull, reason);
}
