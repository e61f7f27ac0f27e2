using EventCluster.Abstractions.Memory;
using EventCluster.Abstractions.Streams;
using EventCluster.Delivery.Feeds;
using EventCluster.TestKit;

namespace EventCluster.Edge.Tests.Feeds;

public sealed class FeedWindowTests
{
    /// <summary>
    /// Goal: from any position of the window, a read gives the events that follow it, in order, whatever was added and
    /// dropped before. Method: random blocks, bounds and trims beside a list of everything that was ever added.
    /// </summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Read_AfterRandomAddsAndDrops_GivesWhatFollowsThePosition(int seed)
    {
        var random = new Random(seed);
        var window = new FeedWindow();
        var share = new MemoryShare("catch-up", 500);
        var all = new List<string>();
        window.Reset(TestPosition.At(0));
        for (var round = 0; round < 500; round++)
        {
            var payloads = Enumerable.Range(0, random.Next(1, 6)).Select(i => $"{all.Count + i}{new string('x', random.Next(50))}").ToArray();
            var block = TestData.Block(1, all.Count, payloads);
            all.AddRange(payloads);
            var maxBytes = random.Next(1, 3_000);
            window.Add([new BlockSlice(block, 0, block.Count)], maxBytes, random.Next(4) == 0 ? null : share);
            Assert.Equal(Math.Max(0, window.Bytes - maxBytes), share.Used);
            if (random.Next(10) == 0)
            {
                window.DropBefore(TestPosition.At(random.NextInt64(window.Start.Sequence, all.Count + 1)));
            }

            var from = random.NextInt64(window.Start.Sequence, all.Count + 1);
            var slices = new List<BlockSlice>();
            var next = window.Read(TestPosition.At(from), maxBytes: random.Next(1, 2_000), maxEvents: random.Next(1, 40), slices).Sequence;
            var read = slices.SelectMany(slice => Enumerable.Range(slice.Start, slice.Count).Select(i =>
                System.Text.Encoding.UTF8.GetString(slice.Block.GetPayload(i).Span)));
            Assert.Equal(all.Skip((int)from).Take((int)(next - from)), read);
            Assert.Equal(from < all.Count, next > from);
            Assert.True(window.Bytes >= 0 && window.Start.Sequence <= all.Count);
        }
    }

    /// <summary>What came last is kept beyond the feed's part only while its bytes are reserved.</summary>
    [Theory]
    [InlineData(1_000, 2_000, 1_000, 900)]
    [InlineData(1_000, 899, 0, 0)]
    [InlineData(1_000, 0, 0, 0)]
    [InlineData(100, 0, 100, 0)]
    public void Add_ABatchLargerThanItsPart_IsReservedOrDropped(int batch, long free, long kept, long reserved)
    {
        var window = new FeedWindow();
        var share = new MemoryShare("catch-up", free);
        window.Reset(TestPosition.At(0));
        var block = TestData.Block(1, 0, new string('x', batch));

        window.Add([new BlockSlice(block, 0, 1)], maxBytes: 100, share);

        Assert.Equal((kept, reserved), (window.Bytes, share.Used));
        Assert.Equal(kept > 0 ? 0 : 1, window.Start.Sequence);
        window.GiveBack(100);
        Assert.Equal(0, share.Used);
        Assert.True(window.Bytes <= 100);
    }

    [Fact]
    public void Reset_WithABatchLargerThanItsPart_ReleasesIt()
    {
        var window = new FeedWindow();
        var share = new MemoryShare("catch-up", 10_000);
        window.Reset(TestPosition.At(0));
        var block = TestData.Block(1, 0, new string('x', 5_000));
        window.Add([new BlockSlice(block, 0, 1)], maxBytes: 100, share);
        Assert.Equal(4_900, share.Used);

        window.Reset(TestPosition.At(1));

        Assert.Equal(0, share.Used);
    }
}
