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

    [Theory]
    [InlineData("capacitor://localhost", "capacitor://localhost", true)]
    [InlineData("capacitor://localhost", "CAPACITOR://LOCALHOST", true)]
    [InlineData("capacitor://localhost", "ionic://localhost", false)]
    [InlineData("capacitor://localhost", "http://localhost", false)]
    [InlineData("app://-", "app://-", true)]
    [InlineData("file://", "file://", true)]
    [InlineData("chrome-extension://abcdefghijklmnop", "chrome-extension://abcdefghijklmnop", true)]
    [InlineData("chrome-extension://abcdefghijklmnop", "chrome-extension://abcdefghijklmnoq", false)]
    [InlineData("https://*.example.com", "https://app.example.com", true)]
    [InlineData("https://*.example.com", "https://a.b.EXAMPLE.com", true)]
    [InlineData("https://*.example.com", "https://app.example.com:443", true)]
    [InlineData("https://*.example.com", "https://example.com", false)]
    [InlineData("https://*.example.com", "https://.example.com", false)]
    [InlineData("https://*.example.com", "https://evilexample.com", false)]
    [InlineData("https://*.example.com", "https://app.example.com.evil.net", false)]
    [InlineData("https://*.example.com", "https://evil.net/.example.com", false)]
    [InlineData("https://*.example.com", "https://evil.net@x.example.com", false)]
    [InlineData("https://*.example.com", "https://app.example.com:8443", false)]
    [InlineData("https://*.example.com", "http://app.example.com", false)]
    [InlineData("https://*.example.com:8443", "https://app.example.com:8443", true)]
    [InlineData("https://*.example.com:*", "https://app.example.com:8443", true)]
    [InlineData("https://*.example.com:*", "https://app.example.com", true)]
    [InlineData("tauri://*.localhost", "tauri://a.localhost", true)]
    [InlineData("https://app.example.com:443", "https://app.example.com", true)]
    [InlineData("http://app.example.com:80", "http://app.example.com", true)]
    [InlineData("https://b\u00fccher.example", "https://xn--bcher-kva.example", true)]
    [InlineData("http://[::1]:*", "http://[::1]:99", true)]
    [InlineData("null", "null", true)]
    [InlineData("https://app.example.com", "null", false)]
    [InlineData("https://*.example.com", "null", false)]
    [InlineData("https://app.example.com", "https://app.example.com,https://evil.example", false)]
    public void OriginPolicy_Entries_MatchWholeOrigins(string entry, string origin, bool expected) =>
        Assert.Equal(expected, new OriginPolicy([entry]).Allows(origin, "h"));

    [Theory]
    [InlineData("good.example")]
    [InlineData("https://app.example.com/")]
    [InlineData("https://app.example.com/path")]
    [InlineData("https://app.*.com")]
    [InlineData("https://*")]
    [InlineData("https://*.")]
    [InlineData("https://*.*.com")]
    [InlineData("*://app.example.com")]
    [InlineData("https://")]
    [InlineData("://x")]
    [InlineData("1a://x")]
    [InlineData("https://app.example.com:")]
    [InlineData("https://app.example.com:port")]
    [InlineData("https://app.example.com:123456")]
    [InlineData("https://user@app.example.com")]
    [InlineData("https://app example.com")]
    [InlineData("https://app.example.com?x")]
    [InlineData("")]
    public void OriginPattern_OtherText_IsRefused(string entry) => Assert.False(OriginPattern.TryParse(entry, out _));

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
