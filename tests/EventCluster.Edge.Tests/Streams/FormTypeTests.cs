using EventCluster.Edge.Tests.Server;

namespace EventCluster.Edge.Tests.Streams;

/// <summary>A stream keeps its type for its lifetime, so none is created with what <c>curl -d</c> sends by itself.</summary>
public sealed class FormTypeTests
{
    [Theory]
    [InlineData("application/x-www-form-urlencoded")]
    [InlineData("Application/X-WWW-Form-Urlencoded; charset=utf-8")]
    [InlineData("multipart/form-data; boundary=x")]
    public async Task Put_WithTheTypeOfAForm_Is415ThatShowsTheHeader(string type)
    {
        await using var server = await EdgeServer.StartAsync();
        foreach (var body in (string?[])["{}", null])
        {
            var answer = await server.SendAsync("PUT", "/v1/stream/a%20b", body, $"Content-Type: {type}");
            Assert.Equal((415, "unsupported_media_type"), (answer.Status, answer.Code));
            var detail = answer.Problem.GetProperty("detail").GetString()!;
            Assert.Contains("-H 'Content-Type: application/json'", detail, StringComparison.Ordinal);
            Assert.Contains("/v1/stream/a%20b", detail, StringComparison.Ordinal);
            Assert.Equal(404, (await server.SendAsync("HEAD", "/v1/stream/a%20b")).Status);
        }
    }

    [Theory]
    [InlineData("multipart/mixed; boundary=x")]
    [InlineData("application/octet-stream")]
    [InlineData("application/x-www-form-urlencoded2")]
    public async Task Put_WithAnyOtherType_Is201(string type)
    {
        await using var server = await EdgeServer.StartAsync();
        Assert.Equal(201, (await server.SendAsync("PUT", "/v1/stream/a", "x", $"Content-Type: {type}")).Status);
    }
}
