using System.Text.Json;
using EventCluster.Abstractions.Streams;
using EventCluster.Edge.Tests.Server;
using EventCluster.Protocol;
using EventCluster.TestKit;
using Microsoft.AspNetCore.Http.Connections;
using Microsoft.AspNetCore.SignalR.Client;

namespace EventCluster.Edge.Tests.SignalR;

/// <summary><c>Append</c> and <c>Describe</c>.</summary>
public sealed class HubAppendTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [MemberData(nameof(HubClient.Transports), MemberType = typeof(HubClient))]
    public async Task Append_OfAProducer_LeavesOneCopy(HttpTransportType transport)
    {
        await using var server = await EdgeServer.StartAsync();
        var stream = await server.StreamAsync("s", "application/json");
        await using var client = await HubClient.OpenAsync(server, transport);
        var append = new { events = new[] { new { data = 1 }, new { data = 2 } }, producer = new { id = "p", epoch = 0, seq = 0 } };
        var first = await client.AppendAsync("s", append);
        Assert.Equal(("ack", "memory", false), (
            first.GetProperty("type").GetString(), first.GetProperty("durability").GetString(), first.TryGetProperty("duplicate", out _)));
        var again = await client.AppendAsync("s", append);
        Assert.True(again.GetProperty("duplicate").GetBoolean());
        Assert.Equal(first.GetProperty("offset").GetString(), again.GetProperty("offset").GetString());
        Assert.Equal(["1", "2"], await TextsAsync(stream));

        var gap = await HubClient.ErrorOfAsync(() => client.AppendAsync(
            "s", new { events = new[] { new { data = 3 } }, producer = new { id = "p", epoch = 0, seq = 5 } }));
        Assert.Equal(("sequence_gap", 409, 1, 5), (
            gap.GetProperty("code").GetString(), gap.GetProperty("status").GetInt32(),
            gap.GetProperty("expectedSeq").GetInt32(), gap.GetProperty("receivedSeq").GetInt32()));
    }

    [Fact]
    public async Task Append_Pipelined_KeepsTheOrder()
    {
        await using var server = await EdgeServer.StartAsync();
        var stream = await server.StreamAsync("s", "application/json");
        await using var client = await HubClient.OpenAsync(server);
        var acks = Enumerable.Range(0, 200).Select(i => client.AppendAsync("s", new { events = new[] { new { data = i } } })).ToArray();
        await Phase.OfAsync("acks", Task.WhenAll(acks));
        Assert.Equal(Enumerable.Range(0, 200).Select(i => $"{i}"), await TextsAsync(stream));
    }

    [Fact]
    public async Task Append_OfTheLargestEvent_InBase64_IsTaken_AndCloses()
    {
        await using var server = await EdgeServer.StartAsync();
        var stream = await server.StreamAsync("s", "application/octet-stream");
        await using var client = await HubClient.OpenAsync(server);
        var bytes = TestData.Bytes(1, ProtocolLimits.MaxEventBytes);
        var ack = await client.AppendAsync(
            "s", new { contentType = "application/octet-stream", events = new[] { new { base64 = bytes } }, close = true });
        Assert.True(ack.GetProperty("closed").GetBoolean());
        var batch = await ReadAsync(stream);
        Assert.True(batch.Slices[0].Block.GetPayload(0).Span.SequenceEqual(bytes));
        Assert.True(batch.Descriptor.Closed);
    }

    [Theory]
    [InlineData("missing", """{"events":[{"data":1}]}""", "not_found")]
    [InlineData("closed", """{"events":[{"data":1}]}""", "stream_closed")]
    [InlineData("s", """{"events":[{"data":"x"}],"contentType":"text/plain"}""", "content_type_mismatch")]
    [InlineData("s", """{"events":[]}""", "empty_body")]
    [InlineData("s", "null", "empty_body")]
    [InlineData("s", "7", "bad_request")]
    [InlineData("s", """{"events":[{}]}""", "invalid_body")]
    [InlineData("s", """{"events":[{"data":1}],"producer":{"id":"p"}}""", "invalid_producer")]
    [InlineData("s", """{"events":[{"data":1}],"expectedOffset":"00000010000000000000"}""", "tail_mismatch")]
    [InlineData("..", """{"events":[{"data":1}]}""", "invalid_name")]
    public async Task Append_Refused_EndsWithTheCode(string stream, string append, string code)
    {
        await using var server = await EdgeServer.StartAsync();
        await server.StreamAsync("s", "application/json", "0");
        var closed = await server.StreamAsync("closed", "application/json");
        await closed.AppendAsync(new AppendRequest { Close = true }, Cancel);
        await using var client = await HubClient.OpenAsync(server);
        Assert.Equal(code, await HubClient.CodeOfAsync(
            () => client.AppendAsync(stream, JsonSerializer.Deserialize<JsonElement>(append))));
    }

    [Theory]
    [InlineData(EdgeLimits.MaxWebSocketMessageBytes, 1)]
    [InlineData(1, 100)]
    public async Task Append_ThatSignalRCannotTake_EndsTheConnectionAndNoOther(int length, int depth)
    {
        using var document = JsonDocument.Parse(
            $"{new string('[', depth)}\"{new string('x', length)}\"{new string(']', depth)}", new JsonDocumentOptions { MaxDepth = 200 });
        var data = document.RootElement.Clone();
        await using var server = await EdgeServer.StartAsync();
        await server.StreamAsync("s", "text/plain");
        await using var client = await HubClient.OpenAsync(server);
        await using var other = await HubClient.OpenAsync(server);
        var ended = new TaskCompletionSource<Exception?>();
        client.Connection.Closed += e => Complete(ended, e);
        client.Connection.Reconnecting += e => Complete(ended, e);
        _ = client.Connection.SendAsync("Append", "s", new { events = new[] { new { data } } }, Cancel);
        await Phase.OfAsync("end", ended.Task);
        Assert.Equal("s", (await other.DescribeAsync("s")).GetProperty("stream").GetString());
    }

    [Fact]
    public async Task Describe_NamesWhatHeadNames()
    {
        await using var server = await EdgeServer.StartAsync();
        var name = StreamName.Parse("s");
        await server.Directory.GetStream(name).CreateAsync(
            new CreateRequest
            {
                ContentType = StreamContentType.Parse("text/plain"),
                Events = TestData.Payloads("one", "two"),
                TtlSeconds = 60,
                Retention = new RetentionLimits(Events: 10),
            },
            Cancel);
        await using var client = await HubClient.OpenAsync(server);
        var seen = await client.DescribeAsync("s");
        Assert.Equal(("s", "text/plain", false, 60, 10), (
            seen.GetProperty("stream").GetString(), seen.GetProperty("contentType").GetString(), seen.GetProperty("closed").GetBoolean(),
            seen.GetProperty("ttl").GetInt32(), seen.GetProperty("retainEvents").GetInt32()));
        Assert.Equal((0, 2), (
            StreamOffset.Parse(seen.GetProperty("earliest").GetString()!).Sequence,
            StreamOffset.Parse(seen.GetProperty("tail").GetString()!).Sequence));
        Assert.Equal("not_found", await HubClient.CodeOfAsync(() => client.DescribeAsync("missing")));
    }

    private static Task Complete(TaskCompletionSource<Exception?> ended, Exception? e)
    {
        ended.TrySetResult(e);
        return Task.CompletedTask;
    }

    private static async Task<IEnumerable<string>> TextsAsync(IStreamHandle stream) =>
        (await ReadAsync(stream)).Slices.SelectMany(slice => TestData.Texts(slice.Block));

    private static async Task<ReadOutcome.Batch> ReadAsync(IStreamHandle stream)
    {
        var found = (DescribeOutcome.Found)await stream.DescribeAsync(Cancel);
        return Assert.IsType<ReadOutcome.Batch>(await stream.ReadAsync(
            new ReadRequest(found.Descriptor.Earliest, int.MaxValue, 10_000, TimeSpan.Zero, Touch: false), Cancel));
    }
}
