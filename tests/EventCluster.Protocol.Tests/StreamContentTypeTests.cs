using Xunit;

namespace EventCluster.Protocol.Tests;

public sealed class StreamContentTypeTests
{
    [Theory]
    [InlineData("application/json", PayloadKind.Json)]
    [InlineData("Application/JSON; charset=utf-8", PayloadKind.Json)]
    [InlineData("application/ndjson", PayloadKind.Binary)]
    [InlineData("text/plain", PayloadKind.Text)]
    [InlineData("TEXT/html;charset=utf-8", PayloadKind.Text)]
    [InlineData("application/octet-stream", PayloadKind.Binary)]
    [InlineData("application/vnd.x+json", PayloadKind.Binary)]
    public void Kind_FollowsTheMediaType(string text, PayloadKind kind)
    {
        var type = StreamContentType.Parse(text);
        Assert.Equal(kind, type.Kind);
        Assert.Equal(text, type.Original);
    }

    [Theory]
    [InlineData("text/plain", "Text/Plain; charset=utf-8", true)]
    [InlineData("text/plain", "text/html", false)]
    public void Equals_IgnoresCaseAndParameters(string left, string right, bool equal) =>
        Assert.Equal(equal, StreamContentType.Parse(left) == StreamContentType.Parse(right));

    [Theory]
    [InlineData("")]
    [InlineData("json")]
    [InlineData("/json")]
    [InlineData("text/")]
    [InlineData("text/plain/x")]
    [InlineData("te xt/plain")]
    [InlineData("text/plain\r\nX: y")]
    [InlineData("text/plain; x=\0")]
    [InlineData("text/plain, text/html")]
    public void TryParse_NotAMediaType_IsRefused(string text) => Assert.False(StreamContentType.TryParse(text, out _));

    [Fact]
    public void TryParse_LengthLimit_IsAtTheByte()
    {
        var longest = "text/" + new string('a', ProtocolLimits.MaxContentTypeBytes - 5);
        Assert.True(StreamContentType.TryParse(longest, out _));
        Assert.False(StreamContentType.TryParse(longest + "a", out _));
    }

    [Fact]
    public void Default_OfTheStruct_IsOctetStream() => Assert.Equal("application/octet-stream", default(StreamContentType).MediaType);
}
