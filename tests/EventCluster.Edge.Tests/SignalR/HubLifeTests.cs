using System.Net;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json;
using EventCluster.Abstractions.Streams;
using EventCluster.Edge.Tests.Server;
using EventCluster.Edge.Tests.WebSockets;
using EventCluster.Protocol;
using EventCluster.TestKit;
using Microsoft.AspNetCore.Http.Connections;

namespace EventCluster.Edge.Tests.SignalR;

/// <summary>Who may connect, how many, what a stop says, and clients that read slowly.</summary>
public sealed class HubLifeTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [MemberData(nameof(HubClient.Transports), MemberType = typeof(HubClient))]
    public async Task Stop_TellsEveryCallToMove_ThenClosesSoThatTheClientReconnects(HttpTransportType transport)
    {
        await using var server = await EdgeServer.StartAsync();
        var stream = await server.StreamAsync("s", "application/json", "0", "1");
        await using var client = await HubClient.OpenAsync(server, transport);
        var reconnecting = new TaskCompletionSource();
        client.Connection.Reconnecting += _ =>
        {
            reconnecting.TrySetResult();
            return Task.CompletedTask;
        };
        await using var one = client.Subscribe("s");
        await using var many = client.SubscribeMany(new[] { new { stream = "s" } });
        await one.ExpectAsync("subscribed");
        await one.EventsAsync(2);
        await many.ExpectAsync("subscribed");
        await many.EventsAsync(2);
        var tail = ((DescribeOutcome.Found)await stream.DescribeAsync(Cancel)).Descriptor.Tail.ToString();

        var stopped = server.StopAsync();
        var move = await one.ExpectAsync("move");
        Assert.Equal(("s", tail, "stopping"), (
            move.GetProperty("offsets")[0].GetProperty("stream").GetString(),
            move.GetProperty("offsets")[0].GetProperty("offset").GetString(), move.GetProperty("reason").GetString()));
        Assert.InRange(move.GetProperty("delayMs").GetInt32(), 1_000, 3_000);
        var other = await many.ExpectAsync("move");
        Assert.Equal(move.GetProperty("delayMs").GetInt32(), other.GetProperty("delayMs").GetInt32());
        await AdvanceUntilAsync(server, Task.WhenAll(stopped, reconnecting.Task));
    }

    [Fact]
    public async Task Connections_AboveTheLimit_AreRefusedUntilOneLeaves()
    {
        await using var server = await EdgeServer.StartAsync(options => options.MaxHubConnections = 2);
        await using var first = await HubClient.OpenAsync(server);
        var second = await HubClient.OpenAsync(server, HttpTransportType.WebSockets, options => options.SkipNegotiation = true);
        var negotiate = await SendAsync(server, HttpMethod.Post, "/v1/signalr/negotiate?negotiateVersion=1");
        Assert.Equal(("overloaded", HttpStatusCode.ServiceUnavailable), (await CodeOfAsync(negotiate), negotiate.StatusCode));
        Assert.NotNull(negotiate.Headers.RetryAfter);
        await Assert.ThrowsAnyAsync<Exception>(() =>
            HubClient.OpenAsync(server, HttpTransportType.WebSockets, options => options.SkipNegotiation = true));
        await second.DisposeAsync();
        await Phase.UntilAsync("connections", "1", () => server.Hub.Open.Value, seen => seen == 1, Cancel);
        await using var third = await HubClient.OpenAsync(server, HttpTransportType.WebSockets, options => options.SkipNegotiation = true);
    }

    [Fact]
    public async Task Negotiations_ThatNeverBegin_AreBounded()
    {
        await using var server = await EdgeServer.StartAsync(options => options.MaxHubConnections = 3);
        for (var i = 0; i < 3; i++)
        {
            Assert.Equal(HttpStatusCode.OK, (await SendAsync(server, HttpMethod.Post, "/v1/signalr/negotiate?negotiateVersion=1")).StatusCode);
        }

        var refused = await SendAsync(server, HttpMethod.Post, "/v1/signalr/negotiate?negotiateVersion=1");
        Assert.Equal("overloaded", await CodeOfAsync(refused));
        server.Time.Advance(EdgeLimits.HubConnectTimeout);
        Assert.Equal(HttpStatusCode.OK, (await SendAsync(server, HttpMethod.Post, "/v1/signalr/negotiate?negotiateVersion=1")).StatusCode);
    }

    [Fact]
    public async Task Subscriptions_AboveTheLimit_AreRefused_AndTheOthersStay()
    {
        await using var server = await EdgeServer.StartAsync();
        var stream = await server.StreamAsync("s", "application/json", "0");
        await using var client = await HubClient.OpenAsync(server);
        var calls = Enumerable.Range(0, EdgeLimits.MaxStreamsPerSession).Select(_ => client.Subscribe("s", "now")).ToArray();
        foreach (var call in calls)
        {
            await call.ExpectAsync("subscribed");
        }

        await using var more = client.Subscribe("s");
        Assert.Equal("bad_request", await HubClient.CodeOfAsync(more.NextAsync));
        await stream.AppendAsync(
            new AppendRequest { ContentType = StreamContentType.Parse("application/json"), Events = TestData.Payloads("1") }, Cancel);
        foreach (var call in calls)
        {
            Assert.Equal(["1"], await call.EventsAsync(1));
            await call.DisposeAsync();
        }
    }

    [Theory]
    [InlineData("POST", "/v1/signalr/negotiate")]
    [InlineData("GET", "/v1/signalr")]
    [InlineData("POST", "/v1/signalr?id=x")]
    [InlineData("DELETE", "/v1/signalr?id=x")]
    public async Task Origin_ThatIsNotListed_IsRefusedOnEveryTransport(string method, string path)
    {
        await using var server = await EdgeServer.StartAsync();
        var answer = await SendAsync(server, new HttpMethod(method), path, "https://evil.example");
        Assert.Equal((HttpStatusCode.Forbidden, "origin_not_allowed"), (answer.StatusCode, await CodeOfAsync(answer)));
        await Assert.ThrowsAsync<WebSocketException>(() => SocketClient.ConnectAsync(
            server, "/v1/signalr", subprotocol: null, origin: "https://evil.example"));
    }

    [Fact]
    public async Task Origin_ThatIsListed_GetsItsPreflightAndMayUseCookies()
    {
        await using var server = await EdgeServer.StartAsync(options => options.CorsAllowedOrigins = ["https://app.example"]);
        var preflight = await SendAsync(server, HttpMethod.Options, "/v1/signalr/negotiate", "https://app.example");
        var allowed = string.Join(",", preflight.Headers.GetValues("Access-Control-Allow-Headers"));
        Assert.Contains("X-Requested-With", allowed, StringComparison.Ordinal);
        Assert.Contains("X-SignalR-User-Agent", allowed, StringComparison.Ordinal);
        Assert.Equal(["true"], preflight.Headers.GetValues("Access-Control-Allow-Credentials"));
        var negotiate = await SendAsync(server, HttpMethod.Post, "/v1/signalr/negotiate?negotiateVersion=1", "https://app.example");
        Assert.Equal(HttpStatusCode.OK, negotiate.StatusCode);
        Assert.Equal(["https://app.example"], negotiate.Headers.GetValues("Access-Control-Allow-Origin"));
        Assert.Equal(["true"], negotiate.Headers.GetValues("Access-Control-Allow-Credentials"));

        await using var open = await EdgeServer.StartAsync(options => options.CorsAllowedOrigins = ["*"]);
        negotiate = await SendAsync(open, HttpMethod.Post, "/v1/signalr/negotiate?negotiateVersion=1", "https://app.example");
        Assert.False(negotiate.Headers.Contains("Access-Control-Allow-Credentials"));
    }

    [Fact]
    public async Task Client_ThatVanishes_LeavesNothingBehind()
    {
        await using var server = await EdgeServer.StartAsync();
        await server.StreamAsync("s", "text/plain", "one");
        var socket = new ClientWebSocket();
        await socket.ConnectAsync(new Uri($"ws://127.0.0.1:{server.Port}/v1/signalr"), Cancel);
        await SendAsync(socket, """{"protocol":"json","version":1}""");
        await SendAsync(socket, """{"type":4,"invocationId":"1","target":"Subscribe","arguments":["s",null,null]}""");
        await Phase.UntilAsync("calls", "1", () => server.Hub.Calls.Value, seen => seen == 1, Cancel);
        socket.Abort();
        socket.Dispose();
        await Phase.UntilAsync("calls", "0", () => server.Hub.Calls.Value, seen => seen == 0, Cancel);
        await Phase.UntilAsync("connections", "0", () => server.Hub.Open.Value, seen => seen == 0, Cancel);
    }

    [Fact]
    public async Task Subscribe_OverHttp2_Delivers()
    {
        await using var server = await EdgeServer.StartAsync();
        await server.StreamAsync("s", "application/json", "0", "1");
        using var invoker = new HttpMessageInvoker(new SocketsHttpHandler());
        await using var client = await HubClient.OpenAsync(server, HttpTransportType.WebSockets, options =>
        {
            options.Url = new Uri($"http://127.0.0.1:{server.Http2Port}/v1/signalr");
            options.SkipNegotiation = true;
            options.WebSocketFactory = async (context, cancellationToken) =>
            {
                var socket = new ClientWebSocket();
                socket.Options.HttpVersion = HttpVersion.Version20;
                socket.Options.HttpVersionPolicy = HttpVersionPolicy.RequestVersionExact;
                await socket.ConnectAsync(context.Uri, invoker, cancellationToken);
                return socket;
            };
        });
        await using var call = client.Subscribe("s");
        await call.ExpectAsync("subscribed");
        Assert.Equal(["0", "1"], await call.EventsAsync(2));
    }

    [Fact]
    public async Task SlowReader_KeepsOnlyItsPosition_AndLosesNothing()
    {
        // Goal: a client that takes nothing makes the server hold one slice, and gets everything when it reads again.
        // Method: a raw client asks for far more than buffers hold and reads only after everything was appended.
        await using var server = await EdgeServer.StartAsync();
        var blobs = Enumerable.Range(0, 300).Select(i => $"{i}:" + new string((char)('a' + (i % 26)), 30_000)).ToArray();
        var stream = await server.StreamAsync("s", "text/plain");
        using var slow = new ClientWebSocket();
        await slow.ConnectAsync(new Uri($"ws://127.0.0.1:{server.Port}/v1/signalr"), Cancel);
        await SendAsync(slow, """{"protocol":"json","version":1}""");
        await SendAsync(slow, """{"type":4,"invocationId":"1","target":"Subscribe","arguments":["s",null,null]}""");
        await Phase.UntilAsync("calls", "1", () => server.Hub.Calls.Value, seen => seen == 1, Cancel);
        foreach (var part in blobs.Chunk(20))
        {
            await stream.AppendAsync(
                new AppendRequest { ContentType = StreamContentType.Parse("text/plain"), Events = TestData.Payloads(part) }, Cancel);
        }

        await stream.AppendAsync(new AppendRequest { Close = true }, Cancel);
        var received = new List<string>();
        var reader = new RecordReader(slow);
        while (await reader.NextAsync() is var record && record.GetProperty("type").GetInt32() != 3)
        {
            if (record.TryGetProperty("item", out var item) && item.TryGetProperty("events", out var events))
            {
                Assert.True(events.GetArrayLength() <= 2, $"A slice of {events.GetArrayLength()} large events.");
                received.AddRange(events.EnumerateArray().Select(e => e.GetProperty("data").GetString()!));
            }
        }

        Assert.Equal(blobs, received);
    }

    private static async Task AdvanceUntilAsync(EdgeServer server, Task task) => await Phase.UntilAsync(
        "stop",
        () =>
        {
            server.Time.Advance(EdgeLimits.HubFarewellPause);
            return task.IsCompleted;
        },
        Cancel);

    private static Task SendAsync(ClientWebSocket socket, string record) => socket.SendAsync(
        Encoding.UTF8.GetBytes(record + '\u001e'), WebSocketMessageType.Text, endOfMessage: true, Cancel);

    private static async Task<HttpResponseMessage> SendAsync(EdgeServer server, HttpMethod method, string path, string? origin = null)
    {
        using var client = new HttpClient();
        using var request = new HttpRequestMessage(method, $"http://127.0.0.1:{server.Port}{path}");
        if (origin is not null)
        {
            request.Headers.Add("Origin", origin);
        }

        return await client.SendAsync(request, Cancel);
    }

    private static async Task<string?> CodeOfAsync(HttpResponseMessage answer)
    {
        using var body = JsonDocument.Parse(await answer.Content.ReadAsStringAsync(Cancel));
        return body.RootElement.GetProperty("code").GetString();
    }

    /// <summary>SignalR's records, which end with U+001E, behind the answer to the handshake.</summary>
    private sealed class RecordReader(ClientWebSocket socket)
    {
        private readonly List<byte> _bytes = [];
        private bool _shookHands;

        public async Task<JsonElement> NextAsync()
        {
            var buffer = new byte[16 * 1024];
            while (true)
            {
                var end = _bytes.IndexOf(0x1e);
                if (end < 0)
                {
                    var result = await Phase.OfAsync("record", socket.ReceiveAsync(buffer, Cancel));
                    Assert.NotEqual(WebSocketMessageType.Close, result.MessageType);
                    _bytes.AddRange(buffer.AsSpan(0, result.Count));
                    continue;
                }

                using var document = JsonDocument.Parse(_bytes.GetRange(0, end).ToArray());
                _bytes.RemoveRange(0, end + 1);
                if (_shookHands)
                {
                    return document.RootElement.Clone();
                }

                _shookHands = true;
            }
        }
    }
}
