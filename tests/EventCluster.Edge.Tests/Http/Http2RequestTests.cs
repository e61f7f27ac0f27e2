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

    /// <summary>
    /// A client that has not seen the server's settings may use a header table of the protocol's initial size (RFC 9113 6.5.2): as
    /// browsers and nghttp2 do, which send several requests at once on a new connection.
    /// </summary>
    [Theory]
    [InlineData(1, 0)]
    [InlineData(1, 4_096)]
    [InlineData(20, 0)]
    [InlineData(20, 4_096)]
    public async Task Requests_BeforeTheServersSettings_MayUseTheHeaderTable(int repetitions, int tableBytes)
    {
        await using var server = await EdgeServer.StartAsync();
        await server.CreateAsync("a", "text/plain", "x");
        List<(string Name, string Value)> fields =
            [(":method", "GET"), (":scheme", "http"), (":authority", "localhost"), (":path", "/v1/stream/a")];
        var used = fields.Sum(static field => Http2Frames.KeptBytes(field.Name, field.Value));
        if (tableBytes > 0)
        {
            // The table is full to its last byte.
            fields.Add(("x", new string('x', tableBytes - used - Http2Frames.KeptBytes("x", ""))));
        }

        byte[] Send(int stream, byte[] block) =>
            Http2Frames.Frame(Http2Frames.Headers, Http2Frames.EndHeaders | Http2Frames.EndStream, stream, block);

        using var connection = await RawConnection.OpenAsync(server.Http2Port);
        await connection.WriteAsync(
        [
            .. Http2Frames.Preface(),
            .. Send(1, Http2Frames.RequestToKeep([.. fields])),
            .. Enumerable.Range(1, repetitions).SelectMany(i => Send((2 * i) + 1, Http2Frames.KeptRequest(fields.Count))),
        ]);

        var bodies = new Dictionary<int, string>();
        while (bodies.Count <= repetitions)
        {
            var (type, _, stream, payload) = await FrameAsync(connection);
            Assert.True(type is not Http2Frames.GoAway and not Http2Frames.Reset, $"{type} on {stream}: {Convert.ToHexString(payload)}");
            if (type == Http2Frames.Data && payload.Length > 0)
            {
                bodies.Add(stream, Encoding.ASCII.GetString(payload));
            }
        }

        Assert.All(bodies.Values, static body => Assert.Equal("x", body));
    }

    /// <summary>Sends a request and reads until its stream has ended.</summary>
    private static async Task AnswerAsync(EdgeServer server, byte[] request)
    {
        using var connection = await RawConnection.OpenAsync(server.Http2Port);
        await connection.WriteAsync([.. Http2Frames.Preface(), .. request]);
        while (true)
        {
            var (type, flags, stream, _) = await FrameAsync(connection);
            if (type is Http2Frames.GoAway || (stream == 1 && (type is Http2Frames.Reset
                || (type is Http2Frames.Data or Http2Frames.Headers && (flags & Http2Frames.EndStream) != 0))))
            {
                return;
            }
        }
    }

    private static async Task<(byte Type, byte Flags, int Stream, byte[] Payload)> FrameAsync(RawConnection connection)
    {
        var head = await connection.ReadBytesAsync(9);
        var payload = await connection.ReadBytesAsync((head[0] << 16) | (head[1] << 8) | head[2]);
        return (head[3], head[4], head[8], payload);
    }
}
