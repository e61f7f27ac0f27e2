using EventCluster.Abstractions.Streams;
using EventCluster.Delivery.Reading;
using EventCluster.Protocol;
using EventCluster.TestKit;

namespace EventCluster.Edge.Tests.Feeds;

public sealed class BlockMergerTests
{
    [Fact]
    public void Merge_OneEventBlocks_BecomesOneBlockWithTheSameEvents()
    {
        var slices = Enumerable.Range(0, 100).Select(i => Whole(TestData.Block(3, i, $"event {i}"))).ToArray();
        var merged = Assert.Single(BlockMerger.Merge(slices));
        Assert.Equal(Events(slices), Events([merged]));
        Assert.Equal((0, 100), (merged.Start, merged.End));
    }

    [Fact]
    public void Merge_AnotherHistoryAPartOrALargeBlock_StaysApart()
    {
        var large = new string('x', BlockMerger.SmallBlockBytes + 1);
        BlockSlice[] slices =
        [
            new(TestData.Block(3, 0, "cut", "b"), 1, 2),
            Whole(TestData.Block(3, 2, "c")),
            Whole(TestData.Block(4, 3, "d")),
            Whole(TestData.Block(4, 4, large)),
            Whole(TestData.Block(4, 5, "e")),
        ];
        var merged = BlockMerger.Merge(slices);
        Assert.Equal(slices, merged);
    }

    [Fact]
    public void Merge_MoreThanItsBound_StartsAnotherBlock()
    {
        var payload = new string('x', BlockMerger.SmallBlockBytes);
        var slices = Enumerable.Range(0, 20).Select(i => Whole(TestData.Block(3, i, payload))).ToArray();
        var merged = BlockMerger.Merge(slices);
        Assert.Equal(3, merged.Count);
        Assert.All(merged, slice => Assert.True(slice.PayloadBytes <= BlockMerger.MergedBytes));
        Assert.Equal(Events(slices), Events(merged));
    }

    [Fact]
    public void Merge_Nothing_IsNothing() => Assert.Empty(BlockMerger.Merge([]));

    private static BlockSlice Whole(EventBlock block) => new(block, 0, block.Count);

    private static List<(StreamOffset Offset, long Time, string Payload)> Events(IReadOnlyList<BlockSlice> slices) =>
    [
        .. slices.SelectMany(slice => Enumerable.Range(slice.Start, slice.Count).Select(i => slice.Block[i]))
            .Select(e => (e.Offset, e.TimeMilliseconds, Convert.ToHexString(e.Payload.Span))),
    ];
}
