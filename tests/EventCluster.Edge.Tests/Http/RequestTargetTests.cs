using EventCluster.Edge.Http;

namespace EventCluster.Edge.Tests.Http;

public sealed class RequestTargetTests
{
    [Theory]
    [InlineData("/v1/stream/a", "/v1/stream/a", "")]
    [InlineData("/v1/stream/a?offset=-1", "/v1/stream/a", "offset=-1")]
    [InlineData("/v1/stream/a%3Fb?x?y", "/v1/stream/a%3Fb", "x?y")]
    [InlineData("http://example.com:80/v1/stream/a?x", "/v1/stream/a", "x")]
    [InlineData("http://example.com", "/", "")]
    [InlineData("http://example.com?x", "", "x")]
    [InlineData("*", "*", "")]
    [InlineData("", "", "")]
    public void Parse_AnyForm_SplitsPathAndQueryUndecoded(string raw, string path, string query)
    {
        var target = RequestTarget.Parse(raw);
        Assert.Equal(path, target.Path.ToString());
        Assert.Equal(query, target.Query.ToString());
    }
}
