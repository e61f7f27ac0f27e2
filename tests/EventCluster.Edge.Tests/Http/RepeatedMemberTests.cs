using System.Text;
using System.Text.Json;
using EventCluster.Edge.Tests.Server;
using EventCluster.Edge.Tests.SignalR;
using EventCluster.Edge.Tests.WebSockets;

namespace EventCluster.Edge.Tests.Http;

/// <summary>A member that is there twice has two readings: refused in every JSON body and message of ours, never in the events' own payloads.</summary>
public sealed class RepeatedMemberTests
{
    [Theory]
    [InlineData("""{"streams":[{"name":"a"}],"streams":[{"name":"b"}]}""")]
    [InlineData("""{"streams":[{"name":"a"}],"streams":[]}""")]
    [InlineData("""{"streams":[{"name":"a","name":"b"}]}""")]
    [InlineData("""{"streams":[{"name":"a","offset":"-1","offset":"now"}]}""")]
    [InlineData("""{"streams":[{"name":"a","offset":null,"offset":"now"}]}""")]
    [InlineData("""{"streams":[{"name":"a"}],"cursor":null,"cursor":"x"}""")]
    [InlineData("""{"streams":[{"name":"a"}],"onGap":"fail","onGap":"latest"}""")]
    [InlineData("""{"streams":[{"name":"a"}],"onGap":"fail","on\u0047ap":"fail"}""")]
    [InlineData("""{"streams":[{"name":"a"}],"unknown":1,"unknown":2}""")]
    public async Task Body_WithAMemberTwice_IsRefused(string body)
    {
        await using var server = await EdgeServer.StartAsync();
        await server.StreamAsync("a", "text/plain", "1");
        await server.StreamAsync("b", "text/plain", "1");

        var answer = await server.SendAsync("POST", "/v1/streams", body, "Content-Type: application/json");

        Assert.Equal((400, "invalid_body"), (answer.Status, answer.Code));
    }

    public static TheoryData<string, string> Messages => new()
    {
        { """{"type":"append","stream":"s","stream":"t","events":[{"data":1}]}""", "stream" },
        { """{"type":"append","stream":"s","events":[{"data":1}],"events":[{"data":2}]}""", "events" },
        { """{"type":"append","stream":"s","events":[{"data":1}],"ev\u0065nts":[{"data":2}]}""", "events" },
        { """{"type":"append","stream":"s","events":[{"data":1}],"close":false,"close":true}""", "close" },
        { """{"type":"append","stream":"s","events":[{"data":1}],"close":true,"close":true}""", "close" },
        { """{"type":"append","stream":"s","events":[{"data":1}],"close":null,"close":true}""", "close" },
        { """{"type":"append","stream":"s","events":[{"data":1,"data":2}]}""", "data" },
        { """{"type":"append","stream":"s","events":[{"data":1},{"data":1,"data":1}]}""", "data" },
        { """{"type":"append","stream":"s","events":[{"data":1}],"producer":{"id":"p","epoch":0,"seq":0,"seq":1}}""", "seq" },
        { """{"type":"append","stream":"s","events":[{"data":1}],"producer":{"id":"p","id":"q","epoch":0,"seq":0}}""", "id" },
        { """{"type":"append","stream":"s","events":[{"data":1}],"producer":null,"producer":{"id":"p","epoch":0,"seq":0}}""", "producer" },
        { """{"type":"append","stream":"s","contentType":"text/plain","contentType":"application/json","events":[{"data":1}]}""", "contentType" },
        { """{"type":"append","stream":"s","events":[{"data":1}],"expectedOffset":null,"expectedOffset":"x"}""", "expectedOffset" },
        { """{"type":"append","stream":"s","events":[{"data":1}],"streamSeq":"a","streamSeq":"b"}""", "streamSeq" },
        { """{"type":"subscribe","stream":"s","offset":"-1","offset":"now"}""", "offset" },
        { """{"type":"subscribe","stream":"s","last":1,"last":2}""", "last" },
        { """{"type":"subscribe","stream":"s","onGap":"fail","onGap":"latest"}""", "onGap" },
        { """{"type":"subscribe","stream":"s","credit":1,"credit":2}""", "credit" },
        { """{"type":"subscribe","stream":"s","waitForStream":1,"waitForStream":2}""", "waitForStream" },
        { """{"type":"unsubscribe","stream":"s","stream":"t"}""", "stream" },
        { """{"type":"credit","stream":"s","bytes":1,"bytes":2}""", "bytes" },
    };

    [Theory]
    [MemberData(nameof(Messages))]
    public async Task Message_WithAMemberTwice_IsRefusedAndTheConnectionGoesOn(string message, string member)
    {
        await using var server = await EdgeServer.StartAsync();
        var stream = await server.StreamAsync("s", "application/json");
        using var socket = await SocketClient.OpenAsync(server, "/v1/streams");
        await socket.SendAsync(message);

        var error = await socket.ExpectAsync("error");

        Assert.Equal("invalid_body", error.GetProperty("code").GetString());
        Assert.Contains($"'{member}'", error.GetProperty("detail").GetString(), StringComparison.Ordinal);
        await socket.SendAsync("""{"type":"ping","id":7}""");
        await socket.ExpectAsync("pong");
        Assert.Equal("[]", (await server.SendAsync("GET", "/v1/stream/s")).Text);
    }

    /// <summary>Whose answer or meaning it is cannot be known: no message of the subprotocol.</summary>
    [Theory]
    [InlineData("""{"type":"ping","type":"pong"}""")]
    [InlineData("""{"type":"append","type":"ping","stream":"s"}""")]
    [InlineData("""{"type":"ping","id":1,"id":2}""")]
    [InlineData("""{"type":"ping","id":null,"id":2}""")]
    public async Task Message_WithTypeOrIdTwice_EndsTheConnection(string message)
    {
        await using var server = await EdgeServer.StartAsync();
        using var socket = await SocketClient.OpenAsync(server, "/v1/streams");
        await socket.SendAsync(message);

        Assert.Equal(1002, await socket.ClosedAsync());
    }

    /// <summary>An event is its writer's: what stands in it is kept as it came.</summary>
    [Fact]
    public async Task Payload_WithAMemberTwice_IsKeptAsItCame()
    {
        const string Payload = """{"type":1,"type":2,"data":{"a":1,"a":2}}""";
        await using var server = await EdgeServer.StartAsync();
        await server.StreamAsync("s", "application/json");
        Assert.Equal(204, (await server.SendAsync("POST", "/v1/stream/s", Payload, "Content-Type: application/json")).Status);
        using var socket = await SocketClient.OpenAsync(server, "/v1/streams");
        await socket.SendAsync($$"""{"type":"append","id":1,"stream":"s","events":[{"data":{{Payload}}}]}""");
        await socket.ExpectAsync("ack");
        await using var hub = await HubClient.OpenAsync(server);
        using var payload = JsonDocument.Parse(Payload);
        await hub.AppendAsync("s", new { events = new[] { new { data = payload.RootElement } } });

        Assert.Equal($"[{Payload},{Payload},{Payload}]", (await server.SendAsync("GET", "/v1/stream/s")).Text);
    }

    public static TheoryData<string, string, string> Arguments => new()
    {
        { "Append", """["s",{"events":[{"data":1}],"events":[{"data":2}]}]""", "events" },
        { "Append", """["s",{"events":[{"data":1,"data":2}]}]""", "data" },
        { "Append", """["s",{"events":[{"data":1}],"producer":{"id":"p","epoch":0,"epoch":1,"seq":0}}]""", "epoch" },
        { "Append", """["s",{"events":[{"data":1}],"close":false,"close":true}]""", "close" },
        { "Subscribe", """["s",null,{"last":1,"last":2}]""", "last" },
        { "Subscribe", """["s",null,{"window":1,"window":2}]""", "window" },
        { "SubscribeMany", """[[{"stream":"s","stream":"t"}],null]""", "stream" },
        { "SubscribeMany", """[[{"stream":"s","offset":"-1","offset":"now"}],null]""", "offset" },
        { "SubscribeMany", """[[{"stream":"s"}],{"onGap":"fail","onGap":"latest"}]""", "onGap" },
    };

    [Theory]
    [MemberData(nameof(Arguments))]
    public async Task Argument_WithAMemberTwice_IsRefusedAndTheConnectionGoesOn(string method, string arguments, string member)
    {
        await using var server = await EdgeServer.StartAsync();
        await server.StreamAsync("s", "application/json");
        using var socket = await HubAsync(server);
        await socket.SendAsync(RawSocket.TextFrame($$"""{"type":{{(method == "Append" ? 1 : 4)}},"invocationId":"1","target":"{{method}}","arguments":{{arguments}}}""" + "\u001e"));

        var completion = await CompletionAsync(socket);

        Assert.Contains("invalid_body", completion, StringComparison.Ordinal);
        Assert.Contains($"'{member}'", completion.Replace("\\u0027", "'", StringComparison.Ordinal), StringComparison.Ordinal);
        await socket.SendAsync(RawSocket.TextFrame("""{"type":1,"invocationId":"2","target":"Describe","arguments":["s"]}""" + "\u001e"));
        Assert.Contains("application/json", await CompletionAsync(socket), StringComparison.Ordinal);
        Assert.Equal("[]", (await server.SendAsync("GET", "/v1/stream/s")).Text);
    }

    [Theory]
    [InlineData("""{"type":1,"type":6,"invocationId":"1","target":"Append","arguments":["s",{"events":[{"data":1}]}]}""")]
    [InlineData("""{"type":1,"invocationId":"1","target":"Describe","target":"Append","arguments":["s",{"events":[{"data":1}]}]}""")]
    [InlineData("""{"type":1,"invocationId":"1","invocationId":"2","target":"Append","arguments":["s",{"events":[{"data":1}]}]}""")]
    [InlineData("""{"type":1,"invocationId":"1","target":"Append","arguments":["t"],"arguments":["s",{"events":[{"data":1}]}]}""")]
    [InlineData("""{"type":1,"invocationId":"1","target":"Append","arguments":["s",{"events":[{"data":1}]}],"t\u0061rget":"Append"}""")]
    public async Task HubMessage_WithAMemberTwice_EndsTheConnection(string message)
    {
        await using var server = await EdgeServer.StartAsync();
        await server.StreamAsync("s", "application/json");
        using var socket = await HubAsync(server);
        await socket.SendAsync(RawSocket.TextFrame(message + "\u001e"));

        Assert.Contains("\"type\":7", await CompletionAsync(socket, "\"type\":7"), StringComparison.Ordinal);
        Assert.Equal("[]", (await server.SendAsync("GET", "/v1/stream/s")).Text);
    }

    private static async Task<RawSocket> HubAsync(EdgeServer server)
    {
        var socket = await RawSocket.ConnectAsync(server, "/v1/signalr");
        await socket.SendAsync(RawSocket.TextFrame("{\"protocol\":\"json\",\"version\":1}\u001e"));
        return socket;
    }

    private static async Task<string> CompletionAsync(RawSocket socket, string what = "\"type\":3")
    {
        while (true)
        {
            var (_, payload) = await socket.ReceiveAsync();
            var text = Encoding.UTF8.GetString(payload);
            if (text.Contains(what, StringComparison.Ordinal))
            {
                return text;
            }
        }
    }
}
