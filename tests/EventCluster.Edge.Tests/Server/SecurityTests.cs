using System.Net;
using EventCluster.Edge.Http;
using Microsoft.AspNetCore.Http;

namespace EventCluster.Edge.Tests.Server;

/// <summary>What keeps foreign pages and foreign names out, over the wire.</summary>
public sealed class SecurityTests
{
    private const string Text = "Content-Type: text/plain";

    [Theory]
    [InlineData("POST", "http://localhost:5173", 204)]
    [InlineData("POST", "https://127.0.0.1", 204)]
    [InlineData("POST", "https://evil.example", 403)]
    [InlineData("POST", "null", 403)]
    [InlineData("PUT", "https://evil.example", 403)]
    [InlineData("DELETE", "https://evil.example", 403)]
    [InlineData("PATCH", "https://evil.example", 403)]
    [InlineData("GET", "https://evil.example", 403)]
    [InlineData("HEAD", "https://evil.example", 403)]
    public async Task Send_WithOrigin_ChangesNothingForForeignPages(string method, string origin, int status)
    {
        await using var server = await EdgeServer.StartAsync();
        await server.CreateAsync("a", "text/plain", "x");
        var answer = await server.SendAsync(method, "/v1/stream/a", method == "POST" ? "y" : null, Text, $"Origin: {origin}");
        Assert.Equal(status, answer.Status);
        var allowed = status == 204;
        Assert.Equal(allowed ? origin : null, answer.Find("Access-Control-Allow-Origin"));
        Assert.Equal(allowed, answer.Find("Access-Control-Expose-Headers") is not null);
        if (status == 403 && method != "HEAD")
        {
            Assert.Equal("origin_not_allowed", answer.Code);
        }

        Assert.Equal(allowed ? "xy" : "x", (await server.SendAsync("GET", "/v1/stream/a")).Text);
    }

    [Fact]
    public async Task Send_FromThePageOfTheServerItself_IsAllowedUnderAnyName()
    {
        await using var server = await EdgeServer.StartAsync(options => options.AllowedHosts = ["box.lan"]);
        var same = await server.SendAsync("PUT", "/v1/stream/a", "x", Text, "Host: box.lan:4437", "Origin: http://box.lan:4437");
        Assert.Equal(201, same.Status);
        var other = await server.SendAsync("PUT", "/v1/stream/a", "x", Text, "Host: box.lan:4437", "Origin: http://box.lan:1");
        Assert.Equal(403, other.Status);
    }

    [Theory]
    [InlineData("http://localhost:5173", true)]
    [InlineData("https://evil.example", false)]
    public async Task Options_Preflight_NamesMethodsAndHeadersAndOnlyAllowedOrigins(string origin, bool allowed)
    {
        await using var server = await EdgeServer.StartAsync();
        var answer = await server.SendAsync(
            "OPTIONS", "/v1/stream/a", null, $"Origin: {origin}", "Access-Control-Request-Method: POST",
            "Access-Control-Request-Private-Network: true");
        Assert.Equal(204, answer.Status);
        Assert.Equal(allowed ? origin : null, answer.Find("Access-Control-Allow-Origin"));
        Assert.Equal(allowed ? "true" : null, answer.Find("Access-Control-Allow-Private-Network"));
        Assert.Equal("GET, HEAD, POST, PUT, DELETE", answer["Access-Control-Allow-Methods"]);
        string[] needed = ["If-None-Match", "Last-Event-ID", "Stream-Seq", "Producer-Id", "Stream-Expected-Offset", "Stream-Trim-Before"];
        Assert.All(needed, name => Assert.Contains(name, answer["Access-Control-Allow-Headers"], StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("Host: evil.example", "/v1/stream/a", 421)]
    [InlineData("Host: evil.example", "/", 421)]
    [InlineData("Host: evil.example", "/v1/admin/streams", 421)]
    [InlineData("Host: ", "/v1/stream/a", 421)]
    [InlineData("Host: evil.example", "/healthz", 200)]
    [InlineData("Host: 127.0.0.1:99", "/v1/stream/a", 200)]
    [InlineData("Host: [::1]", "/v1/stream/a", 200)]
    public async Task Send_ForeignHost_IsMisdirected(string host, string target, int status)
    {
        await using var server = await EdgeServer.StartAsync();
        await server.CreateAsync("a", "text/plain", "x");
        var answer = await server.SendAsync("GET", target, null, host);
        Assert.Equal(status, answer.Status);
        if (status == 421)
        {
            Assert.Equal("host_not_allowed", answer.Code);
        }
    }

    [Theory]
    [InlineData("GET", "/v1/stream/a", 200)]
    [InlineData("GET", "/v1/stream/none", 404)]
    [InlineData("GET", "/v1/stream/", 400)]
    [InlineData("GET", "/v1/stream/a?offset=", 400)]
    [InlineData("GET", "/v1/stream/a?offset=now&live=sse", 200)]
    [InlineData("HEAD", "/v1/stream/none", 404)]
    [InlineData("PATCH", "/v1/stream/a", 405)]
    [InlineData("OPTIONS", "/v1/stream/a", 204)]
    [InlineData("GET", "/v1/nothing", 404)]
    [InlineData("GET", "/v1/stream", 404)]
    [InlineData("GET", "/", 404)]
    [InlineData("POST", "/healthz", 405)]
    [InlineData("DELETE", "/v1/admin/streams", 405)]
    [InlineData("GET", "/readyz", 200)]
    [InlineData("HEAD", "/healthz", 200)]
    public async Task Send_Anything_CarriesSecurityHeaders(string method, string target, int status)
    {
        await using var server = await EdgeServer.StartAsync();
        await server.CreateAsync("a", "text/plain", "x", "Stream-Closed: true");
        var answer = await server.SendAsync(method, target);
        Assert.Equal(status, answer.Status);
        Assert.Equal(("nosniff", "same-origin"), (answer["X-Content-Type-Options"], answer["Cross-Origin-Resource-Policy"]));
        Assert.Equal("sandbox", answer["Content-Security-Policy"]);
        Assert.Null(answer.Find("Server"));
        Assert.Equal(status == 405, answer.Find("Allow") is not null && method != "OPTIONS");
        if (status >= 400 && method != "HEAD")
        {
            Assert.NotEmpty(answer.Problem.GetProperty("detail").GetString()!);
        }
    }

    [Theory]
    [InlineData("127.0.0.1", "127.0.0.1", true)]
    [InlineData("::1", "::1", true)]
    [InlineData("::ffff:127.0.0.1", "::ffff:127.0.0.1", true)]
    [InlineData("192.168.1.2", "192.168.1.2", true)]
    [InlineData("::ffff:192.168.1.2", "192.168.1.2", true)]
    [InlineData("fd00::2", "fd00::2", true)]
    [InlineData("192.168.1.2", "192.168.1.3", false)]
    [InlineData("192.168.1.2", "127.0.0.1", false)]
    [InlineData("192.168.1.2", null, false)]
    [InlineData(null, null, false)]
    [InlineData(null, "192.168.1.2", false)]
    public void Admin_Addresses_DecideAlone(string? address, string? local, bool expected)
    {
        var context = new DefaultHttpContext();
        context.Connection.RemoteIpAddress = address is null ? null : IPAddress.Parse(address);
        context.Connection.LocalIpAddress = local is null ? null : IPAddress.Parse(local);
        context.Request.Headers["X-Forwarded-For"] = "127.0.0.1";
        Assert.Equal(expected, OwnMachine.Is(context.Connection));
    }

    [Fact]
    public async Task Admin_Listing_PagesInByteOrder()
    {
        await using var server = await EdgeServer.StartAsync();
        foreach (var name in new[] { "b", "a/1", "a/2", "a", "%C3%A9" })
        {
            await server.CreateAsync(name, "application/json", "[1,2]");
        }

        var first = await server.SendAsync("GET", "/v1/admin/streams?prefix=a&limit=2");
        Assert.Equal(
            "{\"streams\":[{\"name\":\"a\",\"contentType\":\"application/json\",\"earliest\":\"00000040000000000000\","
            + "\"tail\":\"00000040000000000002\",\"events\":2,\"bytes\":2,\"closed\":false},"
            + "{\"name\":\"a/1\",\"contentType\":\"application/json\",\"earliest\":\"00000020000000000000\","
            + "\"tail\":\"00000020000000000002\",\"events\":2,\"bytes\":2,\"closed\":false}],\"next\":\"a/1\"}",
            first.Text);
        var rest = await server.SendAsync("GET", "/v1/admin/streams?after=a%2F1");
        Assert.Matches("\"name\":\"a/2\".*\"name\":\"b\".*\"name\":\"é|\\\\u00E9\".*\"next\":null", rest.Text);
        var all = await server.SendAsync("GET", "/v1/admin/streams");
        Assert.Equal(all.Text, (await server.SendAsync("GET", "/v1/admin/streams?prefix=&after=&limit=")).Text);
        Assert.Equal(400, (await server.SendAsync("GET", "/v1/admin/streams?limit=1001")).Status);
        Assert.Equal("invalid_name", (await server.SendAsync("GET", "/v1/admin/streams?after=..")).Code);
    }
}
