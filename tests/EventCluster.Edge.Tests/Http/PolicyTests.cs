using EventCluster.Edge.Http;

namespace EventCluster.Edge.Tests.Http;

public sealed class PolicyTests
{
    [Theory]
    [InlineData("localhost", true)]
    [InlineData("LOCALHOST:4437", true)]
    [InlineData("127.0.0.1:80", true)]
    [InlineData("[::1]:80", true)]
    [InlineData("[::1]", true)]
    [InlineData("", false)]
    [InlineData(null, false)]
    [InlineData("evil.example", false)]
    [InlineData("localhost.evil.example", false)]
    [InlineData("127.0.0.1.evil.example", false)]
    [InlineData("evil.example:localhost", false)]
    public void HostPolicy_LoopbackNames_AreTheDefault(string? host, bool expected) =>
        Assert.Equal(expected, new HostPolicy(EdgeOptions.LoopbackHosts).Allows(host));

    [Theory]
    [InlineData("a.example.com:443", true)]
    [InlineData("a.b.example.com", true)]
    [InlineData("example.com", false)]
    [InlineData("aexample.com", false)]
    public void HostPolicy_Wildcard_MatchesSubdomains(string host, bool expected) =>
        Assert.Equal(expected, new HostPolicy(["*.example.com"]).Allows(host));

    [Fact]
    public void HostPolicy_Star_AllowsEverything() => Assert.True(new HostPolicy(["*"]).Allows(null));

    [Theory]
    [InlineData("http://localhost:5173", true)]
    [InlineData("https://localhost", true)]
    [InlineData("http://127.0.0.1:1", true)]
    [InlineData("http://[::1]:8080", true)]
    [InlineData("http://myhost:4437", true)] // Same origin as the Host below.
    [InlineData("null", false)]
    [InlineData("", false)]
    [InlineData("http://localhost.evil.example", false)]
    [InlineData("http://localhost:evil", false)]
    [InlineData("http://localhost:1@evil.example", false)]
    [InlineData("http://localhost:", false)]
    [InlineData("http://localhost:123456", false)]
    [InlineData("https://example.com", false)]
    [InlineData("http://myhost:4438", false)]
    public void OriginPolicy_LoopbackOriginsAndTheServerItself_AreTheDefault(string origin, bool expected) =>
        Assert.Equal(expected, new OriginPolicy(EdgeOptions.LoopbackOrigins).Allows(origin, "myhost:4437"));

    [Fact]
    public void OriginPolicy_ExactAndStar_AreHonoured()
    {
        var exact = new OriginPolicy(["https://app.example.com"]);
        Assert.True(exact.Allows("https://app.example.com", "h"));
        Assert.False(exact.Allows("https://app.example.com:8443", "h"));
        Assert.False(exact.Allows("http://app.example.com", "h"));
        Assert.True(new OriginPolicy(["*"]).Allows("null", "h"));
    }
}
