using EventCluster.Delivery.Reading;
using EventCluster.Edge.Http;
using EventCluster.Protocol;

namespace EventCluster.Edge.Tests.Http;

public sealed class ReadQueryTests
{
    [Fact]
    public void TryParse_Empty_MeansEarliestCatchUp()
    {
        Assert.True(ReadQuery.TryParse("", out var query, out _));
        Assert.Equal(new ReadStart(StartKind.Earliest), query.Start);
        Assert.False(query.HasStart);
        Assert.Equal(LiveMode.None, query.Live);
        Assert.Equal(ProtocolLimits.MaxReadAnswerEvents, query.Limit);
        Assert.Equal(GapPolicy.Default, query.Delivery.OnGap);
    }

    [Fact]
    public void TryParse_EverythingSet_ReadsEverything()
    {
        var text = "offset=00000010000000000003&live=long-poll&cursor=17&limit=5&wait=60&heartbeat=120&onGap=latest"
            + "&encoding=base64&window=250&other=1&other=2&&=";
        Assert.True(ReadQuery.TryParse(text, out var query, out _));
        Assert.Equal(new ReadStart(StartKind.Position, new StreamOffset(1, 3)), query.Start);
        Assert.Equal(LiveMode.LongPoll, query.Live);
        Assert.Equal(17, query.Cursor);
        Assert.Equal(5, query.Limit);
        Assert.Equal(TimeSpan.FromSeconds(60), query.Wait);
        Assert.Equal(TimeSpan.FromSeconds(120), query.Delivery.Heartbeat);
        Assert.Equal(GapPolicy.Latest, query.Delivery.OnGap);
        Assert.True(query.Delivery.Base64);
    }

    [Theory]
    [InlineData("offset=-1", "Earliest")]
    [InlineData("offset=%2D1", "Earliest")]
    [InlineData("offset=now", "Now")]
    [InlineData("last=10000", "Last")]
    public void TryParse_Start_IsRead(string text, string kind)
    {
        Assert.True(ReadQuery.TryParse(text, out var query, out _));
        Assert.Equal(Enum.Parse<StartKind>(kind), query.Start.Kind);
        Assert.True(query.HasStart);
    }

    [Theory]
    [InlineData("cursor=")]
    [InlineData("cursor=abc")]
    [InlineData("cursor=-3")]
    [InlineData("cursor=99999999999999999999")]
    public void TryParse_CursorThatIsNoNumber_CountsAsAbsent(string text)
    {
        Assert.True(ReadQuery.TryParse(text, out var query, out _));
        Assert.Null(query.Cursor);
    }

    [Theory]
    [InlineData("offset=")]
    [InlineData("offset")]
    [InlineData("offset=0")]
    [InlineData("offset=NOW")]
    [InlineData("offset=-2")]
    [InlineData("offset=0000001000000000000")]
    [InlineData("offset=000000100000000000000")]
    [InlineData("offset=0000001000000000000W")]
    [InlineData("offset=00000010000000000003,4")]
    [InlineData("offset=%00")]
    [InlineData("offset=0000000000000000_0000000000000000")]
    public void TryParse_MalformedOffset_SaysWhatIsAllowed(string text)
    {
        Assert.False(ReadQuery.TryParse(text, out _, out var fault));
        Assert.Equal((400, ErrorCode.InvalidOffset), (fault.Status, fault.Code));
        Assert.Contains("20 characters", fault.Detail, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("offset=-1&offset=-1", "offset")]
    [InlineData("offset=-1&last=3", "offset")]
    [InlineData("last=3&offset=-1", "offset")]
    [InlineData("last=0", "last")]
    [InlineData("last=10001", "last")]
    [InlineData("last=+1", "last")]
    [InlineData("live=", "live")]
    [InlineData("live=websocket", "live")]
    [InlineData("live=sse&live=sse", "live")]
    [InlineData("cursor=1&cursor=2", "cursor")]
    [InlineData("limit=0", "limit")]
    [InlineData("limit=10001", "limit")]
    [InlineData("limit=1&limit=1", "limit")]
    [InlineData("wait=0", "wait")]
    [InlineData("wait=61", "wait")]
    [InlineData("wait=1.5", "wait")]
    [InlineData("wait=1&wait=1", "wait")]
    [InlineData("heartbeat=4", "heartbeat")]
    [InlineData("heartbeat=121", "heartbeat")]
    [InlineData("heartbeat=5&heartbeat=5", "heartbeat")]
    [InlineData("onGap=", "onGap")]
    [InlineData("onGap=Fail", "onGap")]
    [InlineData("onGap=fail&onGap=fail", "onGap")]
    [InlineData("encoding=hex", "encoding")]
    [InlineData("encoding=base64&encoding=base64", "encoding")]
    public void TryParse_ValueThatBreaksItsRule_NamesTheParameter(string text, string name)
    {
        Assert.False(ReadQuery.TryParse(text, out _, out var fault));
        Assert.Equal((400, ErrorCode.BadRequest), (fault.Status, fault.Code));
        Assert.Contains(name, fault.Detail, StringComparison.Ordinal);
    }
}
