using System.Text;
using EventCluster.Delivery;
using EventCluster.Delivery.Framing;
using EventCluster.Delivery.Pump;
using EventCluster.Edge.Tests.Feeds;
using EventCluster.Edge.Tests.Framing;
using EventCluster.TestKit;

namespace EventCluster.Edge.Tests.Pumping;

public sealed class FrameLogTests
{
    [Theory]
    [InlineData((int)SseFraming.EventSourceText, 2_000)]
    [InlineData((int)SseFraming.DurableJson, 300)]
    [InlineData((int)SseFraming.DurableText, 1)]
    [InlineData((int)SseFraming.DurableBase64, 5_000)]
    public void Append_RandomEvents_HoldsTheNewestFramesWithinTheBound(int framingNumber, int maxBytes)
    {
        var framing = (SseFraming)framingNumber;
        var random = new Random(maxBytes);
        using var log = new FrameLog(framing);
        using var scratch = new FrameBuffer(16);
        var expected = new List<byte[]>();
        log.Reset(TestPosition.At(0));
        for (var round = 0; round < 300; round++)
        {
            var payloads = Enumerable.Range(0, random.Next(1, 6)).Select(_ => Payload(random)).ToArray();
            var block = Blocks.Of(expected.Count, payloads);
            log.Append([Blocks.All(block)], maxBytes, scratch);
            for (var i = 0; i < block.Count; i++)
            {
                using var frame = new FrameBuffer(16);
                Encode(framing, block.GetPayload(i).Span, expected.Count + 1, frame);
                expected.Add(frame.Written.ToArray());
            }

            Assert.Equal(expected.Count, log.End.Sequence);
            Assert.True(log.Bytes <= maxBytes || log.End - log.Start == 1);
            var from = log.Start.Plus(random.NextInt64(log.End - log.Start));
            var to = log.Fit(from, random.Next(1, maxBytes + 1), DeliveryLimits.MaxSliceBytes);
            log.Read(from, to, out var first, out var second);
            var between = expected.Skip((int)from.Sequence).Take((int)(to - from)).SelectMany(frame => frame).ToArray();
            Assert.Equal(between, (byte[])[.. first, .. second]);
        }
    }

    [Fact]
    public void Fit_SlicesOfAnySize_EndOnFramesAndTakeAtLeastOne()
    {
        using var log = new FrameLog(SseFraming.DurableText);
        using var scratch = new FrameBuffer(16);
        log.Reset(TestPosition.At(10));
        log.Append([Blocks.All(Blocks.Of(10, "aaaa", "bbbb", "cccccccccc", "d"))], 1000, scratch);
        Assert.Equal(14, log.Fit(TestPosition.At(10), 100, 100).Sequence);
        Assert.Equal(12, log.Fit(TestPosition.At(10), 8, 100).Sequence);
        Assert.Equal(12, log.Fit(TestPosition.At(10), 17, 100).Sequence);
        Assert.Equal(11, log.Fit(TestPosition.At(10), 1, 100).Sequence);
        Assert.Equal(13, log.Fit(TestPosition.At(12), 1, 100).Sequence);
        Assert.Equal(14, log.Fit(TestPosition.At(13), 1, 100).Sequence);
    }

    [Fact]
    public void Fit_FrameAboveAnySlice_StopsBeforeItAndStaysThere()
    {
        using var log = new FrameLog(SseFraming.DurableText);
        using var scratch = new FrameBuffer(16);
        log.Reset(TestPosition.At(0));
        log.Append([Blocks.All(Blocks.Of(0, "aa", "bbbbbbbb", "c"))], 1000, scratch);
        Assert.Equal(1, log.Fit(TestPosition.At(0), 4, 4).Sequence);
        Assert.Equal(1, log.Fit(TestPosition.At(1), 4, 4).Sequence);
        Assert.Equal(3, log.Fit(TestPosition.At(2), 4, 4).Sequence);
    }

    [Theory]
    [InlineData((int)SseFraming.DurableText, 64 * 1024, false)]
    [InlineData((int)SseFraming.DurableText, (64 * 1024) + 1, true)]
    [InlineData((int)SseFraming.EventSourceText, 64 * 1024, true)]
    [InlineData((int)SseFraming.DurableBase64, 48 * 1024, false)]
    [InlineData((int)SseFraming.DurableBase64, (48 * 1024) + 1, true)]
    [InlineData((int)SseFraming.MessageText, 1024 * 1024, true)]
    public void Append_EventAboveAnySlice_IsAPlaceWithoutBytesThatNobodyPasses(int framing, int bytes, bool isLarge)
    {
        using var log = new FrameLog((SseFraming)framing);
        using var scratch = new FrameBuffer(16);
        log.Reset(TestPosition.At(0));
        log.Append([Blocks.All(Blocks.Of(0, "a"))], 1024 * 1024, scratch);
        var small = log.Bytes;
        log.Append([Blocks.All(Blocks.Of(1, new string('x', bytes), "b"))], 1024 * 1024, scratch);
        if (!isLarge)
        {
            Assert.Equal(3, log.Fit(TestPosition.At(0), 1024 * 1024, DeliveryLimits.MaxSliceBytes).Sequence);
            return;
        }

        Assert.True(log.Capacity <= 64 * 1024);
        Assert.Equal(
            (0, 3, 1, 1),
            (log.Start.Sequence, log.End.Sequence, log.Fit(TestPosition.At(0), 1000, 1000).Sequence, log.Fit(TestPosition.At(1), 1000, 1000).Sequence));
        Assert.Equal(3, log.Fit(TestPosition.At(2), 1000, 1000).Sequence);
        log.Read(TestPosition.At(0), TestPosition.At(1), out var first, out _);
        Assert.Equal(small, first.Length);

        // A second one: what stands before it can only be passed by those who passed the first.
        log.Append([Blocks.All(Blocks.Of(3, new string('y', bytes), "c"))], 1024 * 1024, scratch);
        Assert.Equal(
            (2, 5, 3, 3),
            (log.Start.Sequence, log.End.Sequence, log.Fit(TestPosition.At(2), 1000, 1000).Sequence, log.Fit(TestPosition.At(3), 1000, 1000).Sequence));
        Assert.Equal(5, log.Fit(TestPosition.At(4), 1000, 1000).Sequence);
        log.Reset(TestPosition.At(7));
        log.Append([Blocks.All(Blocks.Of(7, "d", "e"))], 1024 * 1024, scratch);
        Assert.Equal(9, log.Fit(TestPosition.At(7), 1000, 1000).Sequence);
    }

    [Fact]
    public void Dispose_EverythingIsDelivered_GivesTheMemoryBackAndGoesOn()
    {
        using var log = new FrameLog(SseFraming.DurableText);
        using var scratch = new FrameBuffer(16);
        log.Reset(TestPosition.At(0));
        log.Append([Blocks.All(Blocks.Of(0, "one"))], 1000, scratch);
        log.Dispose();
        Assert.Equal((1, 1, 0), (log.Start.Sequence, log.End.Sequence, log.Capacity));
        log.Append([Blocks.All(Blocks.Of(1, "two"))], 1000, scratch);
        log.Read(TestPosition.At(1), TestPosition.At(2), out var first, out _);
        Assert.Equal("two", Encoding.UTF8.GetString(first));
    }

    private static byte[] Payload(Random random)
    {
        var payload = TestData.Bytes(random.Next(), random.Next(0, 400));
        for (var i = 0; i < payload.Length; i++)
        {
            payload[i] = (byte)(payload[i] % 20 == 0 ? '\n' : 'a' + (payload[i] % 26));
        }

        return payload;
    }

    private static void Encode(SseFraming framing, ReadOnlySpan<byte> payload, int sequence, FrameBuffer frame)
    {
        if (framing == SseFraming.DurableBase64)
        {
            frame.Write(payload);
            return;
        }

        FrameEncoder.EncodeEvent(Blocks.Of(sequence - 1, [payload.ToArray()]), 0, framing, frame);
    }
}
