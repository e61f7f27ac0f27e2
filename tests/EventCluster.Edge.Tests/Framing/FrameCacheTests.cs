using System.Buffers;
using System.Text;
using EventCluster.Abstractions.Streams;
using EventCluster.Delivery;
using EventCluster.Delivery.Framing;
using EventCluster.Protocol;

namespace EventCluster.Edge.Tests.Framing;

public sealed class FrameCacheTests
{
    [Fact]
    public async Task Get_ManyReaders_EncodeOnce()
    {
        var cache = new FrameCache(1024 * 1024);
        var block = Blocks.Of(0, "a", "b");
        var readers = Enumerable.Range(0, 32).Select(_ => Task.Run(() => cache.Get(block, 1, SseFraming.EventSourceText)));
        var chunks = await Task.WhenAll(readers);
        Assert.All(chunks, chunk => Assert.Same(chunks[0], chunk));
        Assert.Equal(1, cache.Encoded);
    }

    [Fact]
    public void Get_SameEventsReadAgainFromTheStore_AreSharedToo()
    {
        var cache = new FrameCache(1024 * 1024);
        var first = cache.Get(Blocks.Of(0, "a"), 0, SseFraming.EventSourceText);
        Assert.Same(first, cache.Get(Blocks.Of(0, "a"), 0, SseFraming.EventSourceText));
        Assert.NotSame(first, cache.Get(Blocks.Of(0, "a"), 0, SseFraming.EventSourceBase64));
        Assert.NotSame(first, cache.Get(Blocks.Of(1, "a"), 0, SseFraming.EventSourceText));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Write_TheSameEventsInBlocksThatWereCutElsewhere_WritesExactlyThose(bool joinedFirst)
    {
        // Goal: what was encoded for a joined block serves a part of it, and the other way round. Method: the second chunk of
        // a long block is a block of its own for another reader.
        string[] payloads = [.. Enumerable.Range(0, 40).Select(i => $"{i}:" + new string('x', 2_000))];
        var joined = Blocks.Of(0, payloads);
        var (start, end) = FrameEncoder.ChunkOf(joined, 20);
        var part = Blocks.Of(start, payloads[start..end]);
        Assert.Equal((0, end - start), FrameEncoder.ChunkOf(part, 0));
        Assert.True(start > 0);
        var cache = new FrameCache(1024 * 1024);
        var writer = new FrameWriter(cache);
        BlockSlice[] slices = [new(joined, start + 1, end), new(part, 1, part.Count)];
        foreach (var slice in joinedFirst ? slices : slices.Reverse())
        {
            var output = new ArrayBufferWriter<byte>();
            Assert.Equal(new StreamOffset(1, end), writer.Write(output, Blocks.Batch(slice), SseFraming.DurableText, 1_000_000, 1_000_000));
            Assert.Equal(string.Concat(payloads[(start + 1)..end]), Encoding.UTF8.GetString(output.WrittenSpan));
        }

        Assert.Equal(1, cache.Encoded);
    }

    [Fact]
    public void Get_MoreThanFits_StaysWithinTheBoundAndStaysRight()
    {
        var cache = new FrameCache(64 * 1024);
        for (var i = 0; i < 500; i++)
        {
            var chunk = cache.Get(Blocks.Of(i, new string('x', 1_000)), 0, SseFraming.DurableText);
            Assert.Equal(1_000, chunk.Bytes);
            Assert.True(cache.Bytes <= 64 * 1024);
        }

        Assert.Equal(500, cache.Encoded);
    }

    [Fact]
    public void Write_SeveralBlocks_CoalesceIntoOneSliceOnAFrameBoundary()
    {
        var writer = new FrameWriter(new FrameCache(1024 * 1024));
        var batch = Blocks.Batch(
            new BlockSlice(Blocks.Of(0, "aaaa", "bbbb"), 1, 2), Blocks.All(Blocks.Of(2, "cccc")), Blocks.All(Blocks.Of(3, "dddd")));
        var output = new ArrayBufferWriter<byte>();
        Assert.Equal(new StreamOffset(1, 3), writer.Write(output, batch, SseFraming.DurableText, 11, 64 * 1024));
        Assert.Equal("bbbbcccc", Encoding.UTF8.GetString(output.WrittenSpan));
    }

    [Fact]
    public void Write_EventAboveThisSliceButNotAnySlice_IsWrittenAlone()
    {
        var writer = new FrameWriter(new FrameCache(1024 * 1024));
        var batch = Blocks.Batch(Blocks.All(Blocks.Of(0, "aaaaaaaa", "b")));
        var output = new ArrayBufferWriter<byte>();
        Assert.Equal(new StreamOffset(1, 1), writer.Write(output, batch, SseFraming.DurableText, 4, 8));
        Assert.Equal("aaaaaaaa", Encoding.UTF8.GetString(output.WrittenSpan));
    }

    [Theory]
    [InlineData("aaaaaaaaa", 8)]
    [InlineData("large", 64 * 1024)]
    public void Write_EventAboveAnySlice_IsLeftToTheCallerAndNeverEncodedWhole(string payload, int maxFrameBytes)
    {
        var cache = new FrameCache(1024 * 1024);
        var writer = new FrameWriter(cache);
        var text = payload == "large" ? new string('x', DeliveryLimits.MaxSliceBytes + 1) : payload;
        var batch = Blocks.Batch(Blocks.All(Blocks.Of(0, "b", text, "c")));
        var output = new ArrayBufferWriter<byte>();
        Assert.Equal(new StreamOffset(1, 1), writer.Write(output, batch, SseFraming.DurableText, maxFrameBytes, maxFrameBytes));
        Assert.Equal("b", Encoding.UTF8.GetString(output.WrittenSpan));

        var first = Blocks.Batch(new BlockSlice(batch.Slices[0].Block, 1, 3));
        Assert.False(writer.Fits(first, SseFraming.DurableText, maxFrameBytes));
        Assert.Equal(first.From, writer.Write(output, first, SseFraming.DurableText, maxFrameBytes, maxFrameBytes));
        Assert.Equal(1, output.WrittenCount);
        Assert.True(cache.Bytes < 1_000);
    }

    [Theory]
    [InlineData(3, 0, "{1},{2},{3}", 3)]
    [InlineData(3, 1, "{2},{3}", 3)]
    [InlineData(2, 0, "{1},{2}", 2)]
    public void Write_Json_DropsTheFirstComma(int events, int start, string expected, int next)
    {
        var writer = new FrameWriter(new FrameCache(1024 * 1024));
        var block = Blocks.Of(0, "{1}", "{2}", "{3}");
        var output = new ArrayBufferWriter<byte>();
        var position = writer.Write(output, Blocks.Batch(new BlockSlice(block, start, events)), SseFraming.DurableJson, 1_000, 64 * 1024);
        Assert.Equal(new StreamOffset(1, next), position);
        Assert.Equal(expected, Encoding.UTF8.GetString(output.WrittenSpan));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void WriteBase64_OneBlockOrSeveral_IsOneValidText(int start)
    {
        var writer = new FrameWriter(new FrameCache(1024 * 1024));
        var blocks = new[] { Blocks.Of(0, [[1], [2, 3]]), Blocks.Of(2, [[4, 5, 6, 7]]) };
        var one = new ArrayBufferWriter<byte>();
        writer.WriteBase64(one, Blocks.Batch(new BlockSlice(blocks[0], start, 2)), 1_000, 64 * 1024);
        Assert.Equal(start == 0 ? [1, 2, 3] : [2, 3], Convert.FromBase64String(Encoding.ASCII.GetString(one.WrittenSpan)));
        var several = new ArrayBufferWriter<byte>();
        var next = writer.WriteBase64(several, Blocks.Batch(new BlockSlice(blocks[0], start, 2), Blocks.All(blocks[1])), 1_000, 64 * 1024);
        Assert.Equal(new StreamOffset(1, 3), next);
        Assert.Equal(
            start == 0 ? [1, 2, 3, 4, 5, 6, 7] : [2, 3, 4, 5, 6, 7],
            Convert.FromBase64String(Encoding.ASCII.GetString(several.WrittenSpan)));
    }
}
