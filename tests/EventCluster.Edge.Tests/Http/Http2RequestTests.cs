using System.Text;
using EventCluster.Edge.Tests.Server;

namespace EventCluster.Edge.Tests.Http;

/// <summary>
/// Requests that only HTTP/2 can carry and that contradict themselves: refused or reset, nothing is stored, and the log has no error
/// (the server of these tests fails for one).
/// </summary>
public sealed class Http2RequestTests
{
    [Theory]
    [InlineData("content-length: 5", "x")]
    [InlineData("content-length: 1", "xyz")]
    [InlineData("content-length: 0", "x")]
    [InlineData("content-length: 1|content-length: 2", "x")]
    [InlineData("transfer-encoding: chunked", "1\r\nx\r\n0\r\n\r\n")]
    [InlineData("transfer-encoding: gzip, chunked", "1\r\nx\r\n0\r\n\r\n")]
    [InlineData("transfer-encoding: chunked|content-length: 11", "1\r\nx\r\n0\r\n\r\n")]
    public async Task Append_ThatContradictsItself_StoresNothing(string fields, string body)
    {
        await using var server = await EdgeServer.StartAsync();
        await server.CreateAsync("a", "text/plain");
        (string, string)[] extra = [.. fields.Split('|').Select(static field => field.Split(": ")).Select(static pair => (pair[0], pair[1]))];
        foreach (var parts in (int[])[1, 2])
        {
            // In one frame the body is there at once; in two it arrives.
            var bytes = Encoding.ASCII.GetBytes(body);
            var middle = parts == 1 ? 0 : bytes.Length / 2;
            await AnswerAsync(
                server,
                [
                    .. Http2Frames.Frame(
                        Http2Frames.Headers, Http2Frames.EndHeaders, 1,
                        Http2Frames.Request("POST", "/v1/stream/a", [("content-type", "text/plain"), .. extra])),
                    .. parts == 1 ? [] : Http2Frames.Frame(Http2Frames.Data, 0, 1, bytes[..middle]),
                    .. Http2Frames.Frame(Http2Frames.Data, Http2Frames.EndStream, 1, bytes[middle..]),
                ]);
        }

        Assert.Equal("", (await server.SendAsync("GET", "/v1/stream/a")).Text);
    }

    /// <summary>A method has one spelling: a rule that stands before the server knows no other.</summary>
    [Theory]
    [InlineData("delete")]
    [InlineData("Delete")]
    [InlineData("DELETe")]
    [InlineData("post")]
    [InlineData("put")]
    [InlineData("get")]
    public async Task Request_WithAMethodInSmallLetters_IsRefused(string method)
    {
        await using var server = await EdgeServer.StartAsync();
        await server.CreateAsync("a", "text/plain", "x");

        var answer = await server.SendAsync(method, "/v1/stream/a", "x", "Content-Type: text/plain");
        await AnswerAsync(server, Http2Frames.Frame(
            Http2Frames.Headers, Http2Frames.EndHeaders | Http2Frames.EndStream, 1, Http2Frames.Request(method, "/v1/stream/a")));

        Assert.Equal((405, "method_not_allowed"), (answer.Status, answer.Code));
        Assert.Equal("x", (await server.SendAsync("GET", "/v1/stream/a")).Text);
    }

    /// <summary>Sends a request and reads until its stream has ended.</summary>
    private static async Task AnswerAsync(EdgeServer server, byte[] request)
    {
        using var connection = await RawConnection.OpenAsync(server.Http2Port);
        await connection.WriteAsync([.. Http2Frames.Preface(), .. request]);
        while (true)
        {
            var head = await connection.ReadBytesAsync(9);
            var payload = await connection.ReadBytesAsync((head[0] << 16) | (head[1] << 8) | head[2]);
            var (type, flags, stream) = (head[3], head[4], head[8]);
            if (type is Http2Frames.GoAway || (stream == 1 && (type is Http2Frames.Reset
                || (type is Http2Frames.Data or Http2Frames.Headers && (flags & Http2Frames.EndStream) != 0))))
            {
                Assert.NotNull(payload);
                return;
            }
        }
    }
}
