using EventCluster.Abstractions.Streams;
using EventCluster.Edge.Feeds;
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
        var all = new List<string>();
        window.Reset(TestPosition.At(0));
        for (var round = 0; round < 500; round++)
        {
            var payloads = Enumerable.Range(0, random.Next(1, 6)).Select(i => $"{all.Count + i}{new string('x', random.Next(50))}").ToArray();
            var block = TestData.Block(1, all.Count, payloads);
            all.AddRange(payloads);
            window.Add([new BlockSlice(block, 0, block.Count)], maxBytes: random.Next(100, 3_000));
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
}
