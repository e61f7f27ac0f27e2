using System.Text;
using EventCluster.Edge.Http;
using EventCluster.Protocol;

namespace EventCluster.Edge.Tests.Http;

public sealed class EventSplitterTests
{
    [Theory]
    [InlineData("{\"a\":1}", "{\"a\":1}")]
    [InlineData(" \n{ \"a\" : 1 } \t", "{ \"a\" : 1 }")]
    [InlineData("[]", "")]
    [InlineData("[1]", "1")]
    [InlineData("[ 1.50 , \"x,]\" ,null,true , {\"b\":[1, 2]}]", "1.50|\"x,]\"|null|true|{\"b\":[1, 2]}")]
    [InlineData("[[1,2],[3,4]]", "[1,2]|[3,4]")]
    [InlineData("[[[1,2,3]]]", "[[1,2,3]]")]
    [InlineData("[[]]", "[]")]
    [InlineData("\"\\u0000\\ud83d\"", "\"\\u0000\\ud83d\"")]
    [InlineData("1e400", "1e400")]
    [InlineData("[\"ä\"]", "\"ä\"")]
    public void TrySplit_Json_FlattensOneLevelAndKeepsTheText(string body, string expected)
    {
        Assert.True(EventSplitter.TrySplit(Encoding.UTF8.GetBytes(body), PayloadKind.Json, out var events, out _));
        Assert.Equal(expected, string.Join('|', events.Select(e => Encoding.UTF8.GetString(e.Span))));
    }

    [Theory]
    [InlineData("{")]
    [InlineData("[1")]
    [InlineData("[1,]")]
    [InlineData("1 2")]
    [InlineData("[1] 2")]
    [InlineData("[1]]")]
    [InlineData("{'a':1}")]
    [InlineData("// c\n1")]
    [InlineData("NaN")]
    [InlineData("   ")]
    [InlineData("\ufeff1")]
    [InlineData("\"a\nb\"")]
    [InlineData("\"a\0b\"")]
    [InlineData("1\0")]
    [InlineData("01")]
    public void TrySplit_InvalidJson_Is400(string body)
    {
        Assert.False(EventSplitter.TrySplit(Encoding.UTF8.GetBytes(body), PayloadKind.Json, out _, out var fault));
        Assert.Equal((400, ErrorCode.InvalidBody), (fault.Status, fault.Code));
    }

    [Fact]
    public void TrySplit_NestingAtAndAboveTheLimit_AcceptsThenRefuses()
    {
        var deepest = new string('[', ProtocolLimits.MaxJsonDepth) + new string(']', ProtocolLimits.MaxJsonDepth);
        Assert.True(EventSplitter.TrySplit(Encoding.UTF8.GetBytes(deepest), PayloadKind.Json, out _, out _));

        // The limit is one event's: an array around events does not count.
        Assert.True(EventSplitter.TrySplit(Encoding.UTF8.GetBytes($"[{deepest}]"), PayloadKind.Json, out var events, out _));
        Assert.Equal(deepest, Encoding.UTF8.GetString(Assert.Single(events).Span));
        Assert.False(EventSplitter.TrySplit(Encoding.UTF8.GetBytes($"[[{deepest}]]"), PayloadKind.Json, out _, out var fault));
        Assert.Equal(ErrorCode.InvalidBody, fault.Code);
        Assert.False(EventSplitter.TrySplit(Encoding.UTF8.GetBytes($"{{\"a\":{deepest}}}"), PayloadKind.Json, out _, out fault));
        Assert.Equal(ErrorCode.InvalidBody, fault.Code);
    }

    [Theory]
    [InlineData(PayloadKind.Text)]
    [InlineData(PayloadKind.Json)]
    public void TrySplit_InvalidUtf8InTextOrJson_Is400(PayloadKind kind)
    {
        byte[] body = [(byte)'"', 0xC3, 0x28, (byte)'"'];
        Assert.False(EventSplitter.TrySplit(body, kind, out _, out var fault));
        Assert.Equal((400, ErrorCode.InvalidBody), (fault.Status, fault.Code));
        Assert.True(EventSplitter.TrySplit(body, PayloadKind.Binary, out var events, out _));
        Assert.Equal(body, Assert.Single(events).ToArray());
    }

    [Fact]
    public void TrySplit_Events_AreSlicesOfTheBody()
    {
        var body = "[1,22]"u8.ToArray();
        Assert.True(EventSplitter.TrySplit(body, PayloadKind.Json, out var events, out _));
        body[3] = (byte)'9';
        Assert.Equal("92"u8.ToArray(), events[1].ToArray());
    }

    [Theory]
    [InlineData(PayloadKind.Binary)]
    [InlineData(PayloadKind.Text)]
    [InlineData(PayloadKind.Json)]
    public void TrySplit_EventAtTheLimitAndOneAbove_AcceptsThenRefuses(PayloadKind kind)
    {
        var body = new byte[ProtocolLimits.MaxEventBytes + 1];
        Array.Fill(body, (byte)'1');
        Assert.True(EventSplitter.TrySplit(body[..^1], kind, out var events, out _));
        Assert.Single(events);
        Assert.False(EventSplitter.TrySplit(body, kind, out _, out var fault));
        Assert.Equal((413, ErrorCode.TooLarge), (fault.Status, fault.Code));
        Assert.Contains("1048576", fault.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public void TrySplit_ElementsAtTheLimitAndOneAbove_AcceptsThenRefuses()
    {
        Assert.True(EventSplitter.TrySplit(Array(ProtocolLimits.MaxEventsPerAppend), PayloadKind.Json, out var events, out _));
        Assert.Equal(ProtocolLimits.MaxEventsPerAppend, events.Count);
        Assert.False(EventSplitter.TrySplit(Array(ProtocolLimits.MaxEventsPerAppend + 1), PayloadKind.Json, out _, out var fault));
        Assert.Equal((413, ErrorCode.TooLarge), (fault.Status, fault.Code));

        static byte[] Array(int elements) =>
            Encoding.UTF8.GetBytes("[" + string.Join(',', Enumerable.Repeat("1", elements)) + "]");
    }
}
