using System.Buffers;
using System.Text;
using EventCluster.Abstractions.Memory;
using EventCluster.Abstractions.Streams;
using EventCluster.Delivery.Framing;
using EventCluster.Protocol;

namespace EventCluster.Edge.Tests.Framing;

public sealed class LargeEventTests
{
    public enum Payload
    {
        Lines,
        OnlyLineEnds,
        Unicode,
        BrokenUtf8,
        Controls,
        Json,
    }

    public static TheoryData<int, Payload> Table
    {
        get
        {
            var data = new TheoryData<int, Payload>();
            foreach (var framing in Enum.GetValues<SseFraming>())
            {
                foreach (var payload in Enum.GetValues<Payload>())
                {
                    data.Add((int)framing, payload);
                }
            }

            return data;
        }
    }

    /// <summary>
    /// Goal: cut anywhere, with the block let go and read again in between, the slices are the frame that is encoded at once,
    /// and none is larger than its bound. Method: slices of random sizes of every framing and every kind of payload.
    /// </summary>
    [Theory]
    [MemberData(nameof(Table))]
    public void Write_SlicesOfAnySize_AreTheFrameThatIsEncodedAtOnce(int framingNumber, Payload kind)
    {
        var framing = (SseFraming)framingNumber;
        var random = new Random(framingNumber * 31 + (int)kind);
        for (var round = 0; round < 30; round++)
        {
            var payload = Make(kind, random.Next(1, 9_000), random);
            var block = Blocks.Of(6, ["first"u8.ToArray(), payload]);
            var batch = Blocks.Batch(At(block, 1));
            var large = Begin(batch, framing);
            var written = new ArrayBufferWriter<byte>();
            var measured = large.Measure();
            while (!large.IsComplete)
            {
                var maxBytes = random.Next(400, 3_000);
                using var slice = new FrameBuffer(16);
                large.Write(slice, maxBytes);
                Assert.InRange(slice.Length, 1, maxBytes);
                written.Write(slice.Written);
                if (!large.IsComplete && random.Next(2) == 0)
                {
                    large.LetGo();
                    Assert.True(large.TryResume(Blocks.Batch(At(Blocks.Of(7, [payload]), 0))));
                }
            }

            Assert.Equal(Expected(block, framing), Encoding.Latin1.GetString(written.WrittenSpan));
            Assert.Equal(written.WrittenCount, measured);
            Assert.Equal((new StreamOffset(1, 7), new StreamOffset(1, 8), false), (large.Before, large.After, large.HasBlock));
        }
    }

    [Fact]
    public void TryResume_AnythingButTheSameEvent_IsRefused()
    {
        var payload = new byte[1_000];
        var large = Begin(Blocks.Batch(Blocks.All(Blocks.Of(7, [payload]))), SseFraming.EventSourceText);
        large.LetGo();
        var other = EventBlock.Encode(incarnation: 2, 7, [payload], [0L]);
        Assert.False(large.TryResume(null));
        Assert.False(large.TryResume(Blocks.Batch(Blocks.All(Blocks.Of(8, [payload])))));
        Assert.False(large.TryResume(Blocks.Batch(Blocks.All(Blocks.Of(7, [new byte[999]])))));
        Assert.False(large.TryResume(Blocks.Batch(Blocks.All(other))));
        Assert.False(large.TryResume(new ReadOutcome.NotFound()));
        Assert.False(large.HasBlock);
        Assert.True(large.TryResume(Blocks.Batch(Blocks.All(Blocks.Of(7, [payload])))));
    }

    [Fact]
    public void Rest_ShareHasRoomOrNot_KeepsTheBlockOrThePlaceOnly()
    {
        var block = Blocks.Of(0, [new byte[10_000]]);
        var share = new MemoryShare("delivery", block.Encoded.Length + 100);
        var pins = new BlockPins(share);
        var events = Enumerable.Range(0, 3).Select(_ => Begin(Blocks.Batch(Blocks.All(block)), SseFraming.EventSourceText)).ToList();
        var other = Begin(Blocks.Batch(Blocks.All(Blocks.Of(0, [new byte[10_000]]))), SseFraming.EventSourceText);
        events.ForEach(large => large.Rest(pins));
        other.Rest(pins);
        Assert.All(events, static large => Assert.True(large.HasBlock));
        Assert.False(other.HasBlock);

        // Shared by three, counted once, until the last one goes on.
        Assert.Equal(block.Encoded.Length, share.Used);
        events[0].GoOn();
        events[1].LetGo();
        Assert.Equal((true, false, block.Encoded.Length), (events[0].HasBlock, events[1].HasBlock, share.Used));
        events[2].GoOn();
        Assert.Equal(0, share.Used);
    }

    private static LargeEvent Begin(ReadOutcome.Batch batch, SseFraming framing)
    {
        if (framing is SseFraming.EventSourceText or SseFraming.EventSourceBase64)
        {
            return LargeFrame.OfEventSource(batch, framing);
        }

        if (framing < SseFraming.MessageJson)
        {
            return LargeFrame.OfDurable(batch, framing);
        }

        using var head = new FrameBuffer(16);
        head.Write("head"u8);
        return LargeFrame.OfMessage(batch, framing, head, "tail"u8, PayloadCoding.Raw);
    }

    /// <summary>What the connection gets when the frame is written as a whole.</summary>
    private static string Expected(EventBlock block, SseFraming framing)
    {
        var output = new ArrayBufferWriter<byte>();
        var batch = Blocks.Batch(At(block, 1));
        var writer = new FrameWriter(new FrameCache(1024 * 1024));
        if (framing is SseFraming.EventSourceText or SseFraming.EventSourceBase64)
        {
            writer.Write(output, batch, framing, int.MaxValue, int.MaxValue);
            return Encoding.Latin1.GetString(output.WrittenSpan);
        }

        if (framing >= SseFraming.MessageJson)
        {
            output.Write("head"u8);
            writer.Write(output, batch, framing, int.MaxValue, int.MaxValue);
            output.Write("tail"u8);
            return Encoding.Latin1.GetString(output.WrittenSpan);
        }

        DurableSseFrames.WriteDataStart(output, framing);
        if (framing == SseFraming.DurableBase64)
        {
            writer.WriteBase64(output, batch, int.MaxValue, int.MaxValue);
        }
        else
        {
            writer.Write(output, batch, framing, int.MaxValue, int.MaxValue);
        }

        DurableSseFrames.WriteDataEnd(output, framing);
        return Encoding.Latin1.GetString(output.WrittenSpan);
    }

    private static byte[] Make(Payload kind, int length, Random random)
    {
        var text = new StringBuilder();
        while (text.Length < length)
        {
            text.Append(kind switch
            {
                Payload.Lines => new[] { "a", " ", "\r", "\n", "\r\n", "line", "\n " }[random.Next(7)],
                Payload.OnlyLineEnds => new[] { "\r", "\n" }[random.Next(2)],
                Payload.Unicode => new[] { "é", "✅", "😀", "\"", "\\", "x" }[random.Next(6)],
                Payload.Controls => ((char)random.Next(0, 32)).ToString(),
                Payload.Json => new[] { "1,\n", "{ }\r\n,", "\"a\",\r" }[random.Next(3)],
                _ => "y",
            });
        }

        var bytes = Encoding.UTF8.GetBytes(text.ToString());
        if (kind == Payload.BrokenUtf8)
        {
            bytes[random.Next(bytes.Length)] = 0xff;
        }

        return bytes;
    }

    private static BlockSlice At(EventBlock block, int index) => new(block, index, index + 1);
}
