using System.Text;
using EventCluster.Edge.Sessions;
using EventCluster.Protocol;
using EventCluster.TestKit;

namespace EventCluster.Edge.Tests.Composite;

/// <summary>The bytes of a cursor: clients keep them over restarts, so they never change without a new version.</summary>
public sealed class CompositeCursorTests
{
    private static readonly StreamName[] Names = [TestData.Name("a"), TestData.Name("b/c")];

    [Fact]
    public void Format_IsFrozen()
    {
        // 01: version 1 | c1 d2 … : SHA-256 of "a\nb/c\n", 8 bytes | 01 80 01: incarnation 1, sequence 128
        // | ff ff ff ff 7f: incarnation 2^35 - 1 | 00: sequence 0
        var hash = System.Security.Cryptography.SHA256.HashData("a\nb/c\n"u8)[..8];
        byte[] expected = [1, .. hash, 0x01, 0x80, 0x01, 0xff, 0xff, 0xff, 0xff, 0x7f, 0x00];
        var text = Format(Names, new StreamOffset(1, 128), new StreamOffset(StreamOffset.MaxIncarnation, 0));
        Assert.Equal(System.Buffers.Text.Base64Url.EncodeToString(expected), text);
    }

    [Fact]
    public void Parse_OfWhatWasFormatted_IsTheSame()
    {
        StreamOffset[] positions = [new(7, 1), new(StreamOffset.MaxIncarnation, StreamOffset.MaxSequence)];
        Assert.True(CompositeCursor.TryParse(Format(Names, positions), Names, out var parsed, out _));
        Assert.Equal(positions, parsed);
    }

    [Fact]
    public void Format_OfTheLongestCursor_FitsTheLimit()
    {
        var names = Enumerable.Range(0, 64).Select(i => TestData.Name($"s{i}")).ToArray();
        var largest = new StreamOffset(StreamOffset.MaxIncarnation, StreamOffset.MaxSequence);
        var text = Format(names, [.. Enumerable.Repeat(largest, 64)]);
        Assert.Equal(CompositeCursor.MaxTextLength, text.Length);
        Assert.InRange(text.Length, 1, 1_400);
        Assert.True(CompositeCursor.TryParse(text, names, out _, out _));
    }

    [Theory]
    [InlineData("a", "b/c", "d")]
    [InlineData("b/c", "a")]
    [InlineData("a")]
    [InlineData("a", "b")]
    public void Parse_ForAnotherList_IsRefused(params string[] names)
    {
        var text = Format(Names, new StreamOffset(1, 2), new StreamOffset(1, 3));
        Assert.False(CompositeCursor.TryParse(text, [.. names.Select(TestData.Name)], out _, out var error));
        Assert.Contains("another list", error, StringComparison.Ordinal);
    }

    [Fact]
    public void Parse_OfAnythingElse_IsRefused()
    {
        var text = Format(Names, new StreamOffset(1, 2), new StreamOffset(1, 3));
        var bytes = System.Buffers.Text.Base64Url.DecodeFromChars(text);
        var random = new Random(1);
        List<string> malformed =
        [
            "", "AA", "0000001000000000000g", text[..^1], text + "A", text + "AA", text + "=", " " + text, new string('A', 2_000),
            .. Enumerable.Range(0, bytes.Length).Select(i => System.Buffers.Text.Base64Url.EncodeToString(bytes.AsSpan(0, i))),
            Damaged(bytes, 0, 2), Damaged(bytes, 9, 0), Damaged(bytes, bytes.Length - 1, 0xff),
            System.Buffers.Text.Base64Url.EncodeToString([.. bytes[..9], .. Enumerable.Repeat((byte)0xff, 30)]),
        ];
        for (var i = 0; i < 1_000; i++)
        {
            var noise = new byte[random.Next(40)];
            random.NextBytes(noise);
            malformed.Add(System.Buffers.Text.Base64Url.EncodeToString(noise));
        }

        foreach (var cursor in malformed)
        {
            Assert.False(CompositeCursor.TryParse(cursor, Names, out _, out var error), cursor);
            Assert.NotEmpty(error);
        }
    }

    private static string Damaged(byte[] bytes, int index, byte value)
    {
        var copy = bytes.ToArray();
        copy[index] = value;
        return System.Buffers.Text.Base64Url.EncodeToString(copy);
    }

    private static string Format(StreamName[] names, params StreamOffset[] positions)
    {
        var bytes = new byte[CompositeCursor.MaxTextLength];
        return Encoding.ASCII.GetString(bytes.AsSpan(0, CompositeCursor.Format(bytes, CompositeCursor.HashOf(names), positions)));
    }
}
