using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace EventCluster.Protocol.Tests;

public sealed class StreamOffsetTests
{
    private static readonly Gen<StreamOffset> Offsets =
        from incarnation in Gen.OneOf(Gen.Choose(1, int.MaxValue).Select(i => (long)i), Gen.Constant(StreamOffset.MaxIncarnation))
        from sequence in Gen.OneOf(
            Gen.Choose(0, int.MaxValue).Select(i => (long)i),
            Gen.Choose(0, int.MaxValue).Select(i => long.MaxValue - i))
        select new StreamOffset(incarnation, sequence);

    [Theory]
    [InlineData(1, 0, "00000010000000000000")]
    [InlineData(1, 31, "0000001000000000000v")]
    [InlineData(2, 32, "00000020000000000010")]
    [InlineData(StreamOffset.MaxIncarnation, long.MaxValue, "vvvvvvv7vvvvvvvvvvvv")]
    public void ToString_Value_IsFrozen(long incarnation, long sequence, string text)
    {
        // The text stands in clients' storage and in URLs: a change here breaks every saved position.
        var offset = new StreamOffset(incarnation, sequence);
        Assert.Equal(text, offset.ToString());
        Assert.Equal(offset, StreamOffset.Parse(text));
        var bytes = new byte[StreamOffset.TextLength];
        Assert.True(offset.TryFormat(bytes, out var written));
        Assert.Equal(text, System.Text.Encoding.ASCII.GetString(bytes, 0, written));
    }

    [Theory]
    [InlineData("")]
    [InlineData("-1")]
    [InlineData("now")]
    [InlineData("0000001000000000000")]
    [InlineData("000000100000000000000")]
    [InlineData("0000001000000000000V")]
    [InlineData("0000001000000000000w")]
    [InlineData("0000001000000000000 ")]
    [InlineData("00000010000000000,00")]
    [InlineData("00000000000000000000")]
    [InlineData("00000018000000000000")]
    [InlineData("0000001v000000000000")]
    [InlineData("0000001000000000000\0")]
    [InlineData("0000001000000000000０")]
    [InlineData("99999999999999999999")]
    public void TryParse_AnythingElse_IsRefused(string text)
    {
        Assert.False(StreamOffset.TryParse(text, out _));
        Assert.Throws<FormatException>(() => StreamOffset.Parse(text));
    }

    [Fact]
    public void TryParse_RandomText_NeverThrowsAndRoundTrips() =>
        Prop.ForAll(ArbMap.Default.ArbFor<string>(), text =>
            !StreamOffset.TryParse(text, out var offset) || offset.ToString() == text)
        .Check(Config.QuickThrowOnFailure.WithMaxTest(2_000));

    [Fact]
    public void CompareTo_TwoOffsets_EqualsByteOrderOfText() =>
        Prop.ForAll(Offsets.Two().ToArbitrary(), pair =>
            Math.Sign(pair.Item1.CompareTo(pair.Item2))
                == Math.Sign(string.CompareOrdinal(pair.Item1.ToString(), pair.Item2.ToString()))
            && StreamOffset.Parse(pair.Item1.ToString()) == pair.Item1)
        .Check(Config.QuickThrowOnFailure.WithMaxTest(2_000));

    [Fact]
    public void TryFormat_ShortBuffer_RefusesAndWritesNothing()
    {
        var offset = new StreamOffset(1, 1);
        Assert.False(offset.TryFormat(new char[19], out var chars));
        Assert.False(offset.TryFormat(new byte[19], out var bytes));
        Assert.Equal((0, 0), (chars, bytes));
    }

    [Fact]
    public void ParseAndFormat_IntoABuffer_AllocateNothing()
    {
        var buffer = new byte[StreamOffset.TextLength];
        var text = new StreamOffset(7, 42).ToString();
        Parse();
        var before = GC.GetAllocatedBytesForCurrentThread();
        Parse();
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());

        void Parse()
        {
            if (StreamOffset.TryParse(text, out var offset))
            {
                offset.TryFormat(buffer, out _);
            }
        }
    }
}
