using System.Text;
using EventCluster.Abstractions.Streams;
using EventCluster.Edge.Tests.Server;
using EventCluster.Protocol;
using EventCluster.TestKit;

namespace EventCluster.Edge.Tests.WebSockets;

/// <summary>Appends over a WebSocket: what is stored, and what each refusal says.</summary>
public sealed class WebSocketAppendTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Append_OfEachType_StoresTheExactBytes()
    {
        await using var server = await EdgeServer.StartAsync();
        var json = await server.StreamAsync("j", "application/json");
        var text = await server.StreamAsync("t", "text/plain");
        var binary = await server.StreamAsync("b", "application/octet-stream");
        using var client = await SocketClient.OpenAsync(server, "/v1/streams");

        await client.SendAsync("""{"type":"append","id":"1","stream":"j","events":[{"data": [1, {"a" : null}] },{"data":null}]}""");
        var ack = await client.ExpectAsync("ack");
        Assert.Equal(("1", "j", "memory"), (
            ack.GetProperty("id").GetString(), ack.GetProperty("stream").GetString(), ack.GetProperty("durability").GetString()));
        await client.SendAsync("""{"type":"append","stream":"t","contentType":"text/plain","events":[{"data":"a\n\u20ac\ud83d\ude00"},{"base64":"w6k="}]}""");
        Assert.False((await client.ExpectAsync("ack")).TryGetProperty("id", out _));
        await client.SendAsync("""{"type":"append","stream":"b","contentType":"application/octet-stream","events":[{"base64":"AAH/"}],"close":true}""");
        Assert.True((await client.ExpectAsync("ack")).GetProperty("closed").GetBoolean());

        Assert.Equal(["[1, {\"a\" : null}]", "null"], await ReadAsync(json));
        Assert.Equal(["a\n€😀", "é"], await ReadAsync(text));
        var slice = ((ReadOutcome.Batch)await ReadOutcomeAsync(binary)).Slices[0];
        Assert.Equal([0, 1, 255], slice.Block.GetPayload(0).ToArray());
    }

    [Fact]
    public async Task Append_ByAProducer_IsKeptOnce()
    {
        await using var server = await EdgeServer.StartAsync();
        var stream = await server.StreamAsync("s", "application/json");
        using var client = await SocketClient.OpenAsync(server, "/v1/streams");
        for (var i = 0; i < 2; i++)
        {
            await client.SendAsync(Append("[{\"data\":1}]", "\"producer\":{\"id\":\"p\",\"epoch\":3,\"seq\":0}"));
            var ack = await client.ExpectAsync("ack");
            Assert.Equal(i == 1, ack.TryGetProperty("duplicate", out _));
        }

        await client.SendAsync(Append("[{\"data\":2}]", "\"producer\":{\"id\":\"p\",\"epoch\":3,\"seq\":5}"));
        var gap = await client.ExpectAsync("error");
        Assert.Equal(("sequence_gap", 409, 1, 5), (
            gap.GetProperty("code").GetString(), gap.GetProperty("status").GetInt32(),
            gap.GetProperty("expectedSeq").GetInt32(), gap.GetProperty("receivedSeq").GetInt32()));
        await client.SendAsync(Append("[{\"data\":2}]", "\"producer\":{\"id\":\"p\",\"epoch\":2,\"seq\":0}"));
        var stale = await client.ExpectAsync("error");
        Assert.Equal(("stale_epoch", 3), (stale.GetProperty("code").GetString(), stale.GetProperty("epoch").GetInt32()));
        Assert.Equal(["1"], await ReadAsync(stream));
    }

    [Fact]
    public async Task Append_Pipelined_KeepsTheOrderAndAnswersEach()
    {
        const int Appends = 500;
        await using var server = await EdgeServer.StartAsync();
        var stream = await server.StreamAsync("s", "application/json");
        using var client = await SocketClient.OpenAsync(server, "/v1/streams");
        for (var i = 0; i < Appends; i++)
        {
            await client.SendAsync(Append($"[{{\"data\":{i}}}]", $"\"producer\":{{\"id\":\"p\",\"epoch\":0,\"seq\":{i}}}", id: i));
        }

        var answered = new List<int>();
        for (var i = 0; i < Appends; i++)
        {
            answered.Add((await client.ExpectAsync("ack")).GetProperty("id").GetInt32());
        }

        Assert.Equal(Enumerable.Range(0, Appends), answered);
        Assert.Equal(Enumerable.Range(0, Appends).Select(n => n.ToString()), await ReadAsync(stream));
    }

    [Fact]
    public async Task Append_ThatIsRefused_SaysWhyAndTheConnectionGoesOn()
    {
        await using var server = await EdgeServer.StartAsync();
        var stream = await server.StreamAsync("s", "application/json");
        await server.StreamAsync("t", "text/plain");
        using var client = await SocketClient.OpenAsync(server, "/v1/streams");
        var large = new string('x', ProtocolLimits.MaxEventBytes);
        (string Message, string Code)[] cases =
        [
            (Append("[]"), "empty_body"),
            ("""{"type":"append","id":7,"stream":"s"}""", "empty_body"),
            (Append("{}"), "invalid_body"),
            (Append("[1]"), "invalid_body"),
            (Append("[{}]"), "invalid_body"),
            (Append("[{\"data\":1,\"base64\":\"AA==\"}]"), "invalid_body"),
            (Append("[{\"base64\":\"MQ==\"}]"), "invalid_body"),
            (Append($"[{{\"data\":\"{large}\"}}]"), "too_large"),
            (Append("[{\"data\":1}]", "\"contentType\":\"text plain\""), "bad_request"),
            (Append("[{\"data\":\"1\"}]", "\"contentType\":\"text/plain\""), "content_type_mismatch"),
            (Append("[{\"data\":1}]", "\"producer\":{\"id\":\"p\",\"epoch\":0}"), "invalid_producer"),
            (Append("[{\"data\":1}]", "\"producer\":{\"id\":\"\",\"epoch\":0,\"seq\":0}"), "invalid_producer"),
            (Append("[{\"data\":1}]", "\"producer\":7"), "invalid_producer"),
            (Append("[{\"data\":1}]", "\"producer\":{\"id\":\"p\",\"epoch\":0,\"seq\":9007199254740992}"), "invalid_producer"),
            (Append("[{\"data\":1}]", "\"expectedOffset\":\"now\""), "invalid_offset"),
            (Append("[{\"data\":1}]", "\"expectedOffset\":\"00000010000000000009\""), "tail_mismatch"),
            (Append("[{\"data\":1}]", "\"streamSeq\":1"), "bad_request"),
            ("""{"type":"append","id":7,"stream":"missing","events":[{"data":1}]}""", "not_found"),
            ("""{"type":"append","id":7,"stream":"t","contentType":"text/plain","events":[{"data":1}]}""", "invalid_body"),
            ("""{"type":"append","id":7,"stream":"t","contentType":"text/plain","events":[{"data":"\ud800"}]}""", "invalid_body"),
            ("""{"type":"append","id":7,"stream":"t","contentType":"text/plain","events":[{"data":""}]}""", "empty_body"),
            ("""{"type":"append","id":7,"stream":"t","contentType":"text/plain","events":[{"base64":"/w=="}]}""", "invalid_body"),
            ("""{"type":"append","id":7,"stream":"t","contentType":"text/plain","events":[{"base64":"="}]}""", "invalid_body"),
        ];
        foreach (var (message, code) in cases)
        {
            await client.SendAsync(message);
            var error = await client.ExpectAsync("error");
            Assert.Equal((7, code), (error.GetProperty("id").GetInt32(), error.GetProperty("code").GetString()));
        }

        await client.SendAsync("""{"type":"append","id":7,"stream":"s","close":true}""");
        Assert.True((await client.ExpectAsync("ack")).GetProperty("closed").GetBoolean());
        await client.SendAsync(Append("[{\"data\":1}]"));
        var closed = await client.ExpectAsync("error");
        Assert.Equal(("stream_closed", true), (closed.GetProperty("code").GetString(), closed.GetProperty("closed").GetBoolean()));
        Assert.Empty(await ReadAsync(stream));
    }

    [Fact]
    public async Task Append_OfTheLargestEvent_InBase64_Fits()
    {
        await using var server = await EdgeServer.StartAsync();
        var stream = await server.StreamAsync("b", "application/octet-stream");
        using var client = await SocketClient.OpenAsync(server, "/v1/streams");
        var payload = TestData.Bytes(1, ProtocolLimits.MaxEventBytes);
        var message = $$"""{"type":"append","stream":"b","contentType":"application/octet-stream","events":[{"base64":"{{Convert.ToBase64String(payload)}}"}]}""";
        await client.SendAsync(message);
        await client.ExpectAsync("ack");
        Assert.Equal(payload, ((ReadOutcome.Batch)await ReadOutcomeAsync(stream)).Slices[0].Block.GetPayload(0).ToArray());
    }

    private static string Append(string events, string? more = null, int id = 7) =>
        $"{{\"type\":\"append\",\"id\":{id},\"stream\":\"s\",{(more is null ? "" : more + ",")}\"events\":{events}}}";

    private static async Task<ReadOutcome> ReadOutcomeAsync(IStreamHandle stream)
    {
        var found = (DescribeOutcome.Found)await stream.DescribeAsync(Cancel);
        return await stream.ReadAsync(
            new ReadRequest(found.Descriptor.Earliest, int.MaxValue, 10_000, TimeSpan.Zero, Touch: false), Cancel);
    }

    private static async Task<List<string>> ReadAsync(IStreamHandle stream)
    {
        var payloads = new List<string>();
        foreach (var slice in ((ReadOutcome.Batch)await ReadOutcomeAsync(stream)).Slices)
        {
            for (var i = slice.Start; i < slice.End; i++)
            {
                payloads.Add(Encoding.UTF8.GetString(slice.Block.GetPayload(i).Span));
            }
        }

        return payloads;
    }
}
