using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace EventCluster.Protocol.Tests;

public sealed class StreamNameTests
{
    [Theory]
    [InlineData("a")]
    [InlineData("orders/eu/1")]
    [InlineData("-1")]
    [InlineData("now")]
    [InlineData("_a")]
    [InlineData("a__b")]
    [InlineData("...")]
    [InlineData(" a ")]
    [InlineData("Ünïcode/日本/🎉")]
    public void TryParse_ValidName_KeepsEveryByte(string text)
    {
        Assert.True(StreamName.TryParse(text, out var name, out _));
        Assert.Equal(text, name.Value);
        Assert.True(StreamName.TryParseUrlPath(name.ToUrlPath(), out var again, out _));
        Assert.Equal(name, again);
    }

    [Theory]
    [InlineData("", "empty")]
    [InlineData("/a", "empty segment")]
    [InlineData("a/", "empty segment")]
    [InlineData("a//b", "empty segment")]
    [InlineData("a/./b", "'.'")]
    [InlineData("..", "'..'")]
    [InlineData("__x", "'__'")]
    [InlineData("a/__x", "'__'")]
    [InlineData("a\\b", "U+005C")]
    [InlineData("a\0b", "U+0000")]
    [InlineData("a\r\nb", "U+000D")]
    [InlineData("a\u0085b", "U+0085")]
    public void TryParse_BrokenRule_SaysWhich(string text, string said)
    {
        Assert.False(StreamName.TryParse(text, out _, out var error));
        Assert.Contains(said, error, StringComparison.Ordinal);
    }

    [Fact]
    public void TryParse_LoneSurrogate_IsRefused()
    {
        Assert.False(StreamName.TryParse("a\ud800", out _, out var error));
        Assert.Contains("surrogate", error, StringComparison.Ordinal);
        Assert.False(StreamName.TryParseUrlPath("a\ud800", out _, out _));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(4)]
    public void TryParse_ByteLimit_CountsUtf8(int bytesPerCharacter)
    {
        var unit = bytesPerCharacter switch { 1 => "a", 2 => "ü", _ => "🎉" };
        var full = string.Concat(Enumerable.Repeat(unit, ProtocolLimits.MaxStreamNameBytes / bytesPerCharacter));
        Assert.Equal(ProtocolLimits.MaxStreamNameBytes, Encoding.UTF8.GetByteCount(full));
        Assert.True(StreamName.TryParse(full, out var name, out _));
        Assert.True(StreamName.TryParseUrlPath(name.ToUrlPath(), out _, out _));
        Assert.False(StreamName.TryParse(full + "a", out _, out var error));
        Assert.Contains("513", error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("a%2Fb", "a/b")]
    [InlineData("a%2fb", "a/b")]
    [InlineData("a%252Fb", "a%2Fb")]
    [InlineData("%E6%97%A5", "日")]
    [InlineData("a+b", "a+b")]
    public void TryParseUrlPath_DecodesExactlyOnce(string raw, string expected)
    {
        Assert.True(StreamName.TryParseUrlPath(raw, out var name, out _));
        Assert.Equal(expected, name.Value);
    }

    [Theory]
    [InlineData("")]
    [InlineData("%")]
    [InlineData("a%2")]
    [InlineData("a%zz")]
    [InlineData("%FF")]
    [InlineData("%ED%A0%80")]
    [InlineData("%C0%AF")]
    [InlineData("%00")]
    [InlineData("%2e%2e/a")]
    [InlineData("a%2F%2Fb")]
    [InlineData("%5F_a")]
    public void TryParseUrlPath_Malformed_IsRefusedWithAReason(string raw)
    {
        Assert.False(StreamName.TryParseUrlPath(raw, out _, out var error));
        Assert.NotEmpty(error);
    }

    [Fact]
    public void TryParseUrlPath_VeryLong_IsRefusedWithoutDecoding()
    {
        Assert.False(StreamName.TryParseUrlPath(new string('a', 1_000_000), out _, out var error));
        Assert.Contains("512", error, StringComparison.Ordinal);
    }

    [Fact]
    public void CompareTo_AnyTwoNames_OrdersLikeTheirBytes()
    {
        var names = ArbMap.Default.ArbFor<NonEmptyString>().Generator
            .Select(s => s.Get).Where(s => StreamName.TryParse(s, out _, out _));
        var special = Gen.Elements("a", "\uffef", "\ue000", "🎉", "𐀀", "ab", "a/b", "a-b");
        var any = Gen.OneOf(names, special);
        Prop.ForAll(any.Two().ToArbitrary(), pair =>
        {
            var (left, right) = (StreamName.Parse(pair.Item1), StreamName.Parse(pair.Item2));
            var bytes = Encoding.UTF8.GetBytes(pair.Item1).AsSpan().SequenceCompareTo(Encoding.UTF8.GetBytes(pair.Item2));
            return Math.Sign(left.CompareTo(right)) == Math.Sign(bytes);
        }).QuickCheckThrowOnFailure();
    }
}
