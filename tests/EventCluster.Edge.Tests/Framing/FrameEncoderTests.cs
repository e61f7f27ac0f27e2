using System.Text;
using EventCluster.Delivery.Framing;

namespace EventCluster.Edge.Tests.Framing;

public sealed class FrameEncoderTests
{
    private const string Id1 = "id: 00000010000000000001\n";
    private const string Id2 = "id: 00000010000000000002\n";

    [Fact]
    public void Encode_EventSourceText_IsByteExact() => Assert.Equal(
        $"{Id1}data: {{\"a\":1}}\n\n{Id2}data: x\n\n", Text(SseFraming.EventSourceText, "{\"a\":1}", "x"));

    [Theory]
    [InlineData("a\nb", "a\ndata: b")]
    [InlineData("a\rb", "a\ndata: b")]
    [InlineData("a\r\nb", "a\ndata: b")]
    [InlineData("a\n\rb", "a\ndata: \ndata: b")]
    [InlineData("a\n\nevent: end\ndata: forged", "a\ndata: \ndata: event: end\ndata: data: forged")]
    [InlineData("a\n", "a\ndata: ")]
    [InlineData("\r\n", "\ndata: ")]
    [InlineData(" a", " a")]
    [InlineData("a\n b", "a\ndata:  b")]
    [InlineData(":a", ":a")]
    [InlineData("id: x", "id: x")]
    public void Encode_LineEndsInAPayload_NeverMakeAField(string payload, string data) =>
        Assert.Equal($"{Id1}data: {data}\n\n", Text(SseFraming.EventSourceText, payload));

    [Theory]
    [InlineData("a\nb", "a\ndata:b")]
    [InlineData("a\rb", "a\ndata:b")]
    [InlineData("a\r\nb", "a\ndata:b")]
    [InlineData("a\n\rb", "a\ndata:\ndata:b")]
    [InlineData("a\n\nevent: control\ndata: {}", "a\ndata:\ndata:event: control\ndata:data: {}")]
    [InlineData("a\n b", "a\ndata:  b")]
    [InlineData("a\n", "a\ndata: ")]
    [InlineData("a\n| b", "a\ndata:  b")]
    [InlineData("a\n|\nb", "a\ndata: \ndata:b")]
    public void Encode_DurableRun_KeepsEveryLineAndSpace(string payloads, string data)
    {
        Assert.Equal(data, Text(SseFraming.DurableText, payloads.Split('|')));
        if (!payloads.Contains('|', StringComparison.Ordinal))
        {
            Assert.Equal("," + data, Text(SseFraming.DurableJson, payloads));
        }
    }

    [Fact]
    public void Encode_EventSourceBase64_IsByteExact() =>
        Assert.Equal($"{Id1}data: AAEC/w==\n\n", Text(SseFraming.EventSourceBase64, [[0, 1, 2, 255]]));

    [Fact]
    public void Encode_DurableBase64_IsOneTextOverAllEvents() =>
        Assert.Equal("AQID", Text(SseFraming.DurableBase64, [[1], [2], [3]]));

    [Fact]
    public void ChunkOf_AnyBlock_CoversEveryEventOnceWithinTheBound()
    {
        var random = new Random(7);
        var payloads = Enumerable.Range(0, 3_000).Select(i => new byte[i % 100 == 99 ? 40_000 : random.Next(1, 400)]).ToArray();
        var block = Blocks.Of(0, payloads);
        var next = 0;
        while (next < block.Count)
        {
            var (start, end) = FrameEncoder.ChunkOf(block, next);
            Assert.Equal(next, start);
            for (var i = start; i < end; i++)
            {
                Assert.Equal((start, end), FrameEncoder.ChunkOf(block, i));
            }

            // Without its last event a chunk stays within its size; the last one may be any event.
            Assert.True(FrameEncoder.Encode(block, start, end, SseFraming.EventSourceText).Fit(start, end, 33_000) >= end - 1);
            next = end;
        }
    }

    [Fact]
    public void Fit_SmallBound_EndsOnAFrameBoundary()
    {
        var block = Blocks.Of(0, "aaaa", "bb", "cccccc");
        var chunk = FrameEncoder.Encode(block, 0, 3, SseFraming.DurableText);
        Assert.Equal(0, chunk.Fit(0, 3, 3));
        Assert.Equal(1, chunk.Fit(0, 3, 5));
        Assert.Equal(2, chunk.Fit(0, 3, 6));
        Assert.Equal(3, chunk.Fit(0, 3, 12));
        Assert.Equal(2, chunk.Fit(1, 3, 7));
        Assert.Equal("bbcccccc", Encoding.UTF8.GetString(chunk.Frames(1, 3)));
    }

    private static string Text(SseFraming framing, params string[] payloads) =>
        Text(framing, [.. payloads.Select(Encoding.UTF8.GetBytes)]);

    private static string Text(SseFraming framing, byte[][] payloads)
    {
        var block = Blocks.Of(0, payloads);
        var chunk = FrameEncoder.Encode(block, 0, block.Count, framing);
        return Encoding.UTF8.GetString(chunk.Frames(0, block.Count));
    }
}
