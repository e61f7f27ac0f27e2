using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace EventCluster.Protocol.Tests;

public sealed class EventBlockTests
{
    private static readonly ReadOnlyMemory<byte>[] Payloads = [Bytes("one"), Bytes(""), Bytes("three!")];

    [Fact]
    public void Encode_ThreeEvents_BytesAreFrozen()
    {
        // These bytes are on disk, in caches and between silos. A change needs a new format version that reads this one.
        var block = EventBlock.Encode(incarnation: 7, firstSequence: 258, Payloads, [1_000, 1_000, 1_005]);
        string[] meaning =
        [
            "4542", // magic "EB"
            "01", "00", // version 1, flags 0
            "03000000", // 3 events
            "0700000000000000", // incarnation 7
            "0201000000000000", // first sequence 258
            "E803000000000000", // first time 1000 ms
            "09000000", "00000000", // 9 payload bytes, reserved
            "03000000", "00000000", // event 0 ends at 3, +0 ms
            "03000000", "00000000", // event 1 ends at 3 (empty), +0 ms
            "09000000", "05000000", // event 2 ends at 9, +5 ms
            "6F6E65", "746872656521", // "one", "three!"
        ];
        Assert.Equal(string.Concat(meaning), Convert.ToHexString(block.Encoded.Span));
    }

    [Fact]
    public void TryDecode_EncodedBlock_GivesEveryEventBack()
    {
        var encoded = EventBlock.Encode(7, 258, Payloads, [1_000, 1_000, 1_005]).Encoded;
        Assert.True(EventBlock.TryDecode(encoded, out var block, out _));
        Assert.Equal((7L, 258L, 261L, 3, 9), (block.Incarnation, block.FirstSequence, block.EndSequence, block.Count, block.PayloadBytes));
        Assert.Equal("three!", Encoding.UTF8.GetString(block[2].Payload.Span));
        Assert.Equal(new StreamOffset(7, 261), block[2].Offset);
        Assert.Equal(1_005, block[2].TimeMilliseconds);
        Assert.Equal((3, 0, 6), (block.GetPayloadBytes(0, 1), block.GetPayloadBytes(1, 2), block.GetPayloadBytes(1, 3)));
        Assert.Throws<ArgumentOutOfRangeException>(() => block.GetPayload(3));
        Assert.Throws<ArgumentOutOfRangeException>(() => block.GetPayload(-1));
    }

    [Fact]
    public void Encode_IntoMemoryOfTheCallers_WritesThereAndNowhereElse()
    {
        var expected = EventBlock.Encode(7, 258, Payloads, [1_000, 1_000, 1_005]);
        var shared = Enumerable.Repeat((byte)0xEE, 200).ToArray();
        var block = EventBlock.Encode(7, 258, Payloads, [1_000, 1_000, 1_005], size => shared.AsMemory(50, size));
        Assert.Equal(expected.Encoded.ToArray(), block.Encoded.ToArray());
        Assert.Equal(expected.Encoded.ToArray(), shared[50..(50 + block.Encoded.Length)]);
        Assert.All(shared[..50].Concat(shared[(50 + block.Encoded.Length)..]), other => Assert.Equal(0xEE, other));
    }

    [Fact]
    public void Equals_TheSameBytesElsewhere_IsAnotherBlock()
    {
        var block = EventBlock.Encode(7, 258, Payloads, [1_000, 1_000, 1_005]);
        Assert.True(EventBlock.TryDecode(block.Encoded, out var same, out _));
        Assert.True(EventBlock.TryDecode(block.Encoded.ToArray(), out var other, out _));
        Assert.True(block == same);
        Assert.Equal(block.GetHashCode(), same.GetHashCode());
        Assert.True(block != other);
    }

    [Fact]
    public void Encode_BadInput_IsRefused()
    {
        Assert.Throws<ArgumentException>(() => EventBlock.Encode(1, 0, [], []));
        Assert.Throws<ArgumentException>(() => EventBlock.Encode(1, 0, Payloads, [1, 2]));
        Assert.Throws<ArgumentException>(() => EventBlock.Encode(1, 0, Payloads, [5, 4, 6]));
        Assert.Throws<ArgumentException>(() => EventBlock.Encode(1, 0, [new byte[ProtocolLimits.MaxBlockBytes]], [1]));
    }

    [Fact]
    public void TryDecode_AnyByteChanged_NeverThrowsAndNeverReadsOutside()
    {
        var encoded = EventBlock.Encode(7, 258, Payloads, [1_000, 1_000, 1_005]).Encoded.ToArray();
        for (var position = 0; position < encoded.Length; position++)
        {
            for (var bit = 0; bit < 8; bit++)
            {
                var damaged = (byte[])encoded.Clone();
                damaged[position] ^= (byte)(1 << bit);
                ReadAll(damaged);
            }
        }
    }

    [Fact]
    public void TryDecode_CutOrPadded_IsRefused()
    {
        var encoded = EventBlock.Encode(7, 258, Payloads, [1_000, 1_000, 1_005]).Encoded;
        for (var length = 0; length < encoded.Length; length++)
        {
            Assert.False(EventBlock.TryDecode(encoded[..length], out _, out var error));
            Assert.NotEmpty(error);
        }

        Assert.False(EventBlock.TryDecode(encoded.ToArray().Append((byte)0).ToArray(), out _, out _));
    }

    [Fact]
    public void TryDecode_RandomBytes_NeverThrows() =>
        Prop.ForAll(ArbMap.Default.ArbFor<byte[]>(), bytes =>
        {
            byte[] header = [0x45, 0x42, 1, 0, .. bytes, .. new byte[40]];
            ReadAll(bytes);
            ReadAll(header);
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(2_000));

    private static void ReadAll(ReadOnlyMemory<byte> bytes)
    {
        if (EventBlock.TryDecode(bytes, out var block, out _))
        {
            var total = 0;
            for (var i = 0; i < block.Count; i++)
            {
                total += block[i].Payload.Length;
            }

            Assert.Equal(block.PayloadBytes, total);
        }
    }

    private static ReadOnlyMemory<byte> Bytes(string text) => Encoding.UTF8.GetBytes(text);
}
