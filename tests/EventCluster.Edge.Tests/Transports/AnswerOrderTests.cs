using System.Net.WebSockets;
using System.Text;
using System.Text.Json;
using EventCluster.Edge.Tests.Server;
using EventCluster.Edge.Tests.WebSockets;
using EventCluster.TestKit;

namespace EventCluster.Edge.Tests.Transports;

/// <summary>Requests of one stream on one connection are answered in their order, whichever outcome arrives first.</summary>
public sealed class AnswerOrderTests
{
    private const string Ack = """{"type":"append","id":"ID","stream":"s","events":[{"data":1}],"producer":{"id":"p","epoch":0,"seq":0}}""";
    private const string Gap = """{"type":"append","id":"ID","stream":"s","events":[{"data":2}],"producer":{"id":"p","epoch":0,"seq":2}}""";
    private const string Unparsable = """{"type":"append","id":"ID","stream":"s","events":[{"base64":"AAAA"}]}""";
    private const string NoEvents = """{"type":"append","id":"ID","stream":"s","events":[]}""";
    private const string Subscribe = """{"type":"subscribe","id":"ID","stream":"s"}""";
    private const string SubscribeRefused = """{"type":"subscribe","id":"ID","stream":"s","onGap":"never"}""";
    private const string SubscribeAtNoPosition = """{"type":"subscribe","id":"ID","stream":"s","onGap":"fail","offset":"00000070000000000009"}""";
    private const string Unsubscribe = """{"type":"unsubscribe","id":"ID","stream":"s"}""";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <summary>First and second request, and the types of their answers.</summary>
    public static TheoryData<string, string, string, string, bool> Pairs
    {
        get
        {
            var data = new TheoryData<string, string, string, string, bool>();
            (string Message, string Answer)[] seconds =
            [
                (Gap, "error"), (Unparsable, "error"), (NoEvents, "error"), (Subscribe, "subscribed"), (SubscribeRefused, "error"),
                (SubscribeAtNoPosition, "error"), (Unsubscribe, "error"), (Ack, "ack"),
            ];
            foreach (var http2 in new[] { false, true })
            {
                foreach (var (second, answer) in seconds)
                {
                    data.Add(Ack, "ack", second, answer, http2);
                }

                data.Add(Subscribe, "subscribed", Ack, "ack", http2);
                data.Add(Subscribe, "subscribed", Gap, "error", http2);
                data.Add(Subscribe, "subscribed", Unparsable, "error", http2);
                data.Add(Subscribe, "subscribed", SubscribeRefused, "error", http2);
                data.Add(Subscribe, "subscribed", Subscribe, "error", http2);
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Pairs))]
    public async Task WebSocket_FirstOutcomeIsLate_AnswersKeepTheOrderOfRequests(
        string first, string firstAnswer, string second, string secondAnswer, bool http2)
    {
        var front = new HeldDirectory();
        await using var server = await EdgeServer.StartAsync(front: front);
        front.Inner = server.Directory;
        await server.StreamAsync("s", "application/json");
        front.Held = TestData.Name("s");
        using var client = await SocketClient.OpenAsync(server, "/v1/streams", http2);
        await client.SendAsync(first.Replace("ID", "1", StringComparison.Ordinal));
        await client.SendAsync(second.Replace("ID", "2", StringComparison.Ordinal));
        await client.SendAsync("""{"type":"ping","id":"3"}""");
        Assert.Equal("3", (await client.ExpectAsync("pong")).GetProperty("id").GetString());
        front.LetGo();
        var seen = new List<(string Type, string Id)>();
        while (seen.Count < 2)
        {
            var message = await client.ReceiveAsync();
            if (message.TryGetProperty("id", out var id))
            {
                seen.Add((message.GetProperty("type").GetString()!, id.GetString()!));
            }
        }

        Assert.Equal([(firstAnswer, "1"), (secondAnswer, "2")], seen);
    }

    [Fact]
    public async Task WebSocket_OtherStream_DoesNotWait()
    {
        var front = new HeldDirectory();
        await using var server = await EdgeServer.StartAsync(front: front);
        front.Inner = server.Directory;
        await server.StreamAsync("s", "application/json");
        await server.StreamAsync("other", "application/json");
        front.Held = TestData.Name("s");
        using var client = await SocketClient.OpenAsync(server, "/v1/streams");
        await client.SendAsync(Ack.Replace("ID", "1", StringComparison.Ordinal));
        await client.SendAsync("""{"type":"append","id":"2","stream":"other","events":[{"data":1}]}""");
        Assert.Equal("2", (await client.ExpectAsync("ack")).GetProperty("id").GetString());
        front.LetGo();
        Assert.Equal("1", (await client.ExpectAsync("ack")).GetProperty("id").GetString());
    }

    /// <summary>Requests that wait for an answer are bounded like all that was read but not dealt with.</summary>
    [Fact]
    public async Task WebSocket_ManyRequestsBehindALateOutcome_AreAnsweredInOrder()
    {
        const int Requests = 500;
        var front = new HeldDirectory();
        await using var server = await EdgeServer.StartAsync(front: front);
        front.Inner = server.Directory;
        await server.StreamAsync("s", "application/json");
        front.Held = TestData.Name("s");
        using var client = await SocketClient.OpenAsync(server, "/v1/streams");
        var random = new Random(1);
        string[] requests = [NoEvents, Unparsable, Unsubscribe, SubscribeRefused, """{"type":"append","id":"ID","stream":"s","events":[{"data":1}]}"""];
        for (var i = 0; i < Requests; i++)
        {
            var request = i == 0 ? Ack : requests[random.Next(requests.Length)];
            await client.SendAsync(request.Replace("ID", $"{i}", StringComparison.Ordinal));
        }

        front.LetGo();
        for (var i = 0; i < Requests; i++)
        {
            Assert.Equal($"{i}", (await client.ReceiveAsync()).GetProperty("id").GetString());
        }
    }

    /// <summary>Completions on the wire, read from the frames of the hub's own protocol.</summary>
    [Theory]
    [InlineData("""{"events":[{"data":2}],"producer":{"id":"p","epoch":0,"seq":2}}""", true)]
    [InlineData("""{"events":[{"base64":"AAAA"}]}""", true)]
    [InlineData("""{"events":[]}""", true)]
    [InlineData("""{"events":[{"data":3}]}""", false)]
    [InlineData("describe", false)]
    public async Task SignalR_FirstOutcomeIsLate_CompletionsKeepTheOrderOfCalls(string second, bool isError)
    {
        var front = new HeldDirectory();
        await using var server = await EdgeServer.StartAsync(front: front);
        front.Inner = server.Directory;
        await server.StreamAsync("s", "application/json");
        await server.StreamAsync("other", "application/json");
        front.Held = TestData.Name("s");
        using var socket = new ClientWebSocket();
        await socket.ConnectAsync(new Uri($"ws://127.0.0.1:{server.Port}/v1/signalr"), Cancel);
        await SendAsync(socket, """{"protocol":"json","version":1}""");
        await SendAsync(socket, """{"type":1,"invocationId":"1","target":"Append","arguments":["s",{"events":[{"data":1}],"producer":{"id":"p","epoch":0,"seq":0}}]}""");
        await SendAsync(socket, second == "describe"
            ? """{"type":1,"invocationId":"2","target":"Describe","arguments":["s"]}"""
            : "{\"type\":1,\"invocationId\":\"2\",\"target\":\"Append\",\"arguments\":[\"s\"," + second + "]}");
        await SendAsync(socket, """{"type":1,"invocationId":"3","target":"Describe","arguments":["other"]}""");
        var completions = CompletionsAsync(socket).GetAsyncEnumerator(Cancel);
        Assert.Equal(("3", false), await NextAsync(completions));
        front.LetGo();
        Assert.Equal(("1", false), await NextAsync(completions));
        Assert.Equal(("2", isError), await NextAsync(completions));
        await completions.DisposeAsync();
    }

    private static async Task<(string Id, bool IsError)> NextAsync(IAsyncEnumerator<(string, bool)> completions)
    {
        Assert.True(await Phase.OfAsync("a completion", completions.MoveNextAsync().AsTask()));
        return completions.Current;
    }

    private static Task SendAsync(ClientWebSocket socket, string message) =>
        socket.SendAsync(Encoding.UTF8.GetBytes(message + "\u001e"), WebSocketMessageType.Text, endOfMessage: true, Cancel);

    private static async IAsyncEnumerable<(string Id, bool IsError)> CompletionsAsync(ClientWebSocket socket)
    {
        var (buffer, text) = (new byte[64 * 1024], "");
        while (true)
        {
            var received = await socket.ReceiveAsync(buffer, Cancel);
            text += Encoding.UTF8.GetString(buffer, 0, received.Count);
            for (var end = text.IndexOf('\u001e', StringComparison.Ordinal); end >= 0; end = text.IndexOf('\u001e', StringComparison.Ordinal))
            {
                using var message = JsonDocument.Parse(text[..end]);
                text = text[(end + 1)..];
                if (message.RootElement.TryGetProperty("invocationId", out var id))
                {
                    yield return (id.GetString()!, message.RootElement.TryGetProperty("error", out _));
                }
            }
        }
    }
}
