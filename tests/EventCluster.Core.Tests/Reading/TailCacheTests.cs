using EventCluster.Core.Blocks;
using EventCluster.Core.InMemory;
using EventCluster.Core.Running;
using EventCluster.TestKit;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace EventCluster.Core.Tests.Reading;

public sealed class TailCacheTests
{
    private readonly LocalStreamDirectoryOptions _options = new();

    [Fact]
    public void Add_AboveTheStreamsBound_ForgetsTheOldestAndKeepsTheNewest()
    {
        _options.TailCacheBytesPerStream = 1_000;
        var cache = new TailCache(Context());
        for (var i = 0; i < 100; i++)
        {
            cache.Add(TestData.Block(1, i, $"{i:000}"));
        }

        // A block of one 3-byte event is 51 bytes, and 128 are counted for keeping it.
        Assert.Equal(95, cache.FirstSequence);
        Assert.Equal(["097", "098", "099"], Read(cache, 97));
        cache.Add(TestData.Block(1, 100, new string('x', 10_000)));
        Assert.Equal(100, cache.FirstSequence);
    }

    [Fact]
    public void Add_AboveTheNodesBound_KeepsTheNewestBlockOnly()
    {
        _options.TailCacheBytesPerNode = 600;
        var context = Context();
        var (one, other) = (new TailCache(context), new TailCache(context));
        for (var i = 0; i < 4; i++)
        {
            one.Add(TestData.Block(1, i, "abc"));
        }

        other.Add(TestData.Block(1, 0, "abc"));
        other.Add(TestData.Block(1, 1, "abc"));
        Assert.Equal(1, other.FirstSequence);
        one.Clear();
        Assert.Null(one.FirstSequence);
        other.Add(TestData.Block(1, 2, "abc"));
        Assert.Equal(1, other.FirstSequence);
    }

    [Fact]
    public void Collect_FromInsideABlock_ReturnsTheStoredInstances()
    {
        var cache = new TailCache(Context());
        var (first, second) = (TestData.Block(1, 5, "a", "b"), TestData.Block(1, 7, "c"));
        cache.Add(first);
        cache.Add(second);
        var builder = new SliceBuilder(100, 100);

        cache.Collect(6, builder);

        Assert.Equal([(first, 1, 2), (second, 0, 1)], builder.Slices.Select(slice => (slice.Block, slice.Start, slice.End)));
    }

    [Fact]
    public void Add_BlockThatDoesNotContinue_IsASurprise()
    {
        var cache = new TailCache(Context());
        cache.Add(TestData.Block(1, 0, "a"));

        Assert.Throws<InvalidOperationException>(() => cache.Add(TestData.Block(1, 2, "c")));
    }

    private RunnerContext Context() => new(
        new InMemoryLogStore(new InMemoryLogStoreOptions()), _options, new VirtualTimeProvider(), new Random(1), NullLogger.Instance);

    private static string[] Read(TailCache cache, long from)
    {
        var builder = new SliceBuilder(1_000, 1_000);
        cache.Collect(from, builder);
        return [.. builder.Slices.Select(slice => TestData.Text(slice.Block.GetPayload(slice.Start)))];
    }
}
