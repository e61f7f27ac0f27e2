using EventCluster.Conformance.Streams;
using EventCluster.TestKit;
using Xunit;

namespace EventCluster.Core.Tests.Limits;

/// <summary>What streams cost that nobody uses. Nothing else may allocate meanwhile.</summary>
[Collection(AloneCollection.Name)]
public sealed class KnownStreamsTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>Goal: a known stream costs nothing here. Method: use 100,000 streams, let them leave, and weigh what stays.</summary>
    [Fact]
    public async Task KnownStreams_ThatAreIdle_CostTheDirectoryNothing()
    {
        const int Streams = 100_000;
        await using var fixture = new DirectoryFixture(new LocalStreamDirectoryOptions { MaxLoadedStreams = Streams });
        for (var i = 0; i < Streams; i++)
        {
            await fixture.At($"s{i}").NewAsync();
        }

        await UnloadedAsync(fixture, start: true);
        var before = GC.GetTotalMemory(forceFullCollection: true);
        for (var i = 0; i < Streams; i++)
        {
            await fixture.At($"s{i}").StateAsync();
        }

        Assert.Equal(Streams, fixture.Directory.LoadedStreams);
        await UnloadedAsync(fixture, start: false);
        var retained = GC.GetTotalMemory(forceFullCollection: true) - before;

        // The table that held the runners keeps its empty buckets: a few bytes per stream, nothing of the streams themselves.
        Assert.InRange(retained / (double)Streams, -1_000, 64);
    }

    private static async Task UnloadedAsync(DirectoryFixture fixture, bool start)
    {
        if (start)
        {
            fixture.Directory.Start();
        }

        await Phase.UntilAsync(
            "idle streams leave memory", () => Task.FromResult(fixture.Directory.LoadedStreams == 0),
            () => fixture.Clock.Advance(TimeSpan.FromSeconds(61)), Cancellation);
    }
}
