using System.Text;
using EventCluster.Edge.Tests.Server;

namespace EventCluster.Edge.Tests.Http;

/// <summary>Inputs that two readers could understand in two ways: refused with 400 or 415, never with 500, and nothing is done.</summary>
public sealed class AmbiguousRequestTests
{
    [Theory]
    [InlineData("gzip, chunked")]
    [InlineData("deflate,chunked")]
    [InlineData("identity, chunked")]
    public async Task Append_WithATransferCodingBeforeChunked_IsRefused(string coding)
    {
        await using var server = await EdgeServer.StartAsync();
        await server.CreateAsync("a", "text/plain");
        using var connection = await RawConnection.OpenAsync(server.Port);
        await connection.WriteAsync(Encoding.ASCII.GetBytes(
            $"POST /v1/stream/a HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/plain\r\nTransfer-Encoding: {coding}\r\n\r\n1\r\nx\r\n0\r\n\r\n"));

        Assert.Equal((415, "unsupported_encoding"), (await connection.ReadAnswerAsync()) is var answer ? (answer.Status, answer.Code) : default);
        Assert.Equal("", (await server.SendAsync("GET", "/v1/stream/a")).Text);
    }

    [Theory]
    [InlineData("%ff")]
    [InlineData("a%e2%82")]
    [InlineData("%zz")]
    [InlineData("%")]
    [InlineData("a%2F%2Fb")]
    public async Task Streams_NamesThatThePathRefuses_AreRefusedInTheQueryToo(string name)
    {
        await using var server = await EdgeServer.StartAsync();

        var path = await server.SendAsync("GET", $"/v1/stream/{name}");
        var query = await server.SendAsync("GET", $"/v1/streams?stream={name}");

        Assert.Equal((400, "invalid_name"), (path.Status, path.Code));
        Assert.Equal((400, "invalid_name"), (query.Status, query.Code));
    }

    [Theory]
    [InlineData("xn--")]
    [InlineData("xn--a")]
    [InlineData("xn--:80")]
    public async Task Create_ForAHostThatIsNoName_IsAnswered(string host)
    {
        await using var server = await EdgeServer.StartAsync(options => options.AllowedHosts = ["*"]);
        using var connection = await RawConnection.OpenAsync(server.Port);
        await connection.WriteAsync(Encoding.ASCII.GetBytes(
            $"PUT /v1/stream/a HTTP/1.1\r\nHost: {host}\r\nContent-Length: 0\r\n\r\n"));

        Assert.True((await connection.ReadAnswerAsync()).Status is 201 or 400);
    }
}
