using System.Text;
using System.Text.Json;
using EventCluster.Abstractions.Streams;
using EventCluster.Edge.Tests.Server;
using EventCluster.Protocol;
using EventCluster.TestKit;
using Microsoft.AspNetCore.Http.Connections;

namespace EventCluster.Edge.Tests.SignalR;

/// <summary>What <c>Subscribe</c> delivers, over SignalR's three transports.</summary>
public sealed class HubDeliveryTests
{
    private const string Strange = "\r\n\0\u001e\u2028 \"quoted\" \\ 😀";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [MemberData(nameof(HubClient.Transports), MemberType = typeof(HubClient))]
    public async Task Subscribe_BacklogThenLive_ThenTheEnd(HttpTransportType transport)
    {
        await using var server = await EdgeServer.StartAsync();
        var stream = await server.StreamAsync("s", "application/json", "0", "{\r\n\"n\":\r1}");
        await using var client = await HubClient.OpenAsync(server, transport);
        await using var call = client.Subscribe("s");
        var subscribed = await call.ExpectAsync("subscribed");
        Assert.Equal(("s", "application/json"), (
            subscribed.GetProperty("stream").GetString(), subscribed.GetProperty("contentType").GetString()));
        Assert.Equal(["0", "{ \n\"n\": 1}"], await call.EventsAsync(2));
        for (var i = 2; i < 10; i++)
        {
            await AppendAsync(stream, $"{i}");
            Assert.Equal([$"{i}"], await call.EventsAsync(1));
        }

        await stream.AppendAsync(new AppendRequest { Close = true }, Cancel);
        var end = await call.ExpectAsync("end");
        Assert.Equal(10, StreamOffset.Parse(end.GetProperty("offset").GetString()!).Sequence);
        Assert.Null(await call.NextAsync());
        await CallsAsync(server, 0);
    }

    [Fact]
    public async Task Subscribe_FromEveryOffset_DeliversWhatFollows()
    {
        await using var server = await EdgeServer.StartAsync();
        await server.StreamAsync("s", "application/json", [.. Enumerable.Range(0, 12).Select(i => $"{i}")]);
        await using var client = await HubClient.OpenAsync(server);
        await using var all = client.Subscribe("s", "-1");
        var start = StreamOffset.Parse((await all.ExpectAsync("subscribed")).GetProperty("offset").GetString()!);
        for (var i = 0; i < 12; i++)
        {
            await using var call = client.Subscribe("s", new StreamOffset(start.Incarnation, i).ToString());
            await call.ExpectAsync("subscribed");
            Assert.Equal(Enumerable.Range(i, 12 - i).Select(n => $"{n}"), await call.EventsAsync(12 - i));
        }
    }

    [Fact]
    public async Task Subscribe_WithLastOrNow_BeginsThere()
    {
        await using var server = await EdgeServer.StartAsync();
        var stream = await server.StreamAsync("s", "application/json", "0", "1", "2", "3");
        await using var client = await HubClient.OpenAsync(server);
        await using var last = client.Subscribe("s", null, new { last = 2 });
        await last.ExpectAsync("subscribed");
        Assert.Equal(["2", "3"], await last.EventsAsync(2));
        await using var now = client.Subscribe("s", "now");
        await now.ExpectAsync("subscribed");
        await AppendAsync(stream, "4");
        Assert.Equal(["4"], await now.EventsAsync(1));
    }

    [Theory]
    [InlineData("signal", 2)]
    [InlineData("latest", 3)]
    [InlineData("fail", 0)]
    public async Task Gap_AtTheStart_FollowsThePolicy(string policy, int continuesAt)
    {
        await using var server = await EdgeServer.StartAsync();
        var stream = await server.StreamAsync("s", "application/json", "0", "1", "2");
        var found = (DescribeOutcome.Found)await stream.DescribeAsync(Cancel);
        var incarnation = found.Descriptor.Tail.Incarnation;
        await stream.TrimAsync(new StreamOffset(incarnation, 2), Cancel);
        await using var client = await HubClient.OpenAsync(server);
        await using var call = client.Subscribe("s", new StreamOffset(incarnation, 1).ToString(), new { onGap = policy });
        if (continuesAt == 0)
        {
            var error = await HubClient.ErrorOfAsync(call.NextAsync);
            Assert.Equal(("gap", 410, "trimmed"), (
                error.GetProperty("code").GetString(), error.GetProperty("status").GetInt32(), error.GetProperty("reason").GetString()));
            return;
        }

        await call.ExpectAsync("subscribed");
        var gap = await call.ExpectAsync("gap");
        Assert.Equal("trimmed", gap.GetProperty("reason").GetString());
        Assert.Equal(new StreamOffset(incarnation, continuesAt).ToString(), gap.GetProperty("offset").GetString());
        await AppendAsync(stream, "3");
        Assert.Equal(Enumerable.Range(continuesAt, 4 - continuesAt).Select(n => $"{n}"), await call.EventsAsync(4 - continuesAt));
    }

    [Theory]
    [MemberData(nameof(HubClient.Transports), MemberType = typeof(HubClient))]
    public async Task Payloads_OfEveryKindAndSize_ArriveUnchanged(HttpTransportType transport)
    {
        await using var server = await EdgeServer.StartAsync();
        var large = TestData.Bytes(3, ProtocolLimits.MaxEventBytes);
        var text = new string('x', ProtocolLimits.MaxEventBytes);
        var nested = new string('[', 50) + new string(']', 50);
        await server.StreamAsync("json", "application/json", nested, "\"\\u001e\"");
        await server.StreamAsync("text", "text/plain", "a", Strange, text);
        var binary = await server.StreamAsync("binary", "application/octet-stream", "b");
        await binary.AppendAsync(
            new AppendRequest { ContentType = StreamContentType.Default, Events = [large] }, Cancel);
        await using var client = await HubClient.OpenAsync(server, transport);
        await using var jsonCall = client.Subscribe("json");
        await jsonCall.ExpectAsync("subscribed");
        Assert.Equal([nested, "\"\\u001e\""], await jsonCall.EventsAsync(2));
        await using var textCall = client.Subscribe("text");
        await textCall.ExpectAsync("subscribed");
        Assert.Equal(["a", Strange, text], (await textCall.EventsAsync(3)).Select(json => JsonSerializer.Deserialize<string>(json)));
        await using var binaryCall = client.Subscribe("binary");
        await binaryCall.ExpectAsync("subscribed");
        var received = (await binaryCall.EventsAsync(2)).Select(json => Convert.FromBase64String(json.Trim('"'))).ToList();
        Assert.Equal("b", Encoding.UTF8.GetString(received[0]));
        Assert.Equal(large, received[1]);
        await using var base64 = client.Subscribe("text", null, new { encoding = "base64" });
        await base64.ExpectAsync("subscribed");
        Assert.Equal(
            ["a", Strange, text],
            (await base64.EventsAsync(3)).Select(json => Encoding.UTF8.GetString(Convert.FromBase64String(json.Trim('"')))));
    }

    [Fact]
    public async Task Window_DeliversOncePerWindow()
    {
        await using var server = await EdgeServer.StartAsync();
        var stream = await server.StreamAsync("s", "application/json", "0");
        await using var client = await HubClient.OpenAsync(server);
        await using var call = client.Subscribe("s", null, new { window = 10_000 });
        await call.ExpectAsync("subscribed");
        Assert.Equal(["0"], await call.EventsAsync(1));
        await using var plain = client.Subscribe("s", "now");
        await plain.ExpectAsync("subscribed");
        for (var i = 1; i <= 50; i++)
        {
            await AppendAsync(stream, $"{i}");
        }

        // Who has no window got them all, so the server has them too when the window is over.
        await plain.EventsAsync(50);
        var next = await server.AfterAsync(TimeSpan.FromSeconds(10.1), "delivery", call.ExpectAsync("events"));
        Assert.Equal(50, next.GetProperty("events").GetArrayLength());
    }

    [Theory]
    [MemberData(nameof(HubClient.Transports), MemberType = typeof(HubClient))]
    public async Task Cancel_EndsTheCall_AndTheConnectionGoesOn(HttpTransportType transport)
    {
        await using var server = await EdgeServer.StartAsync();
        await server.StreamAsync("s", "application/json", "0");
        await using var client = await HubClient.OpenAsync(server, transport);
        await using (var call = client.Subscribe("s"))
        {
            await call.ExpectAsync("subscribed");
            await CallsAsync(server, 1);
        }

        await CallsAsync(server, 0);
        await using var again = client.Subscribe("s");
        await again.ExpectAsync("subscribed");
        Assert.Equal(["0"], await again.EventsAsync(1));
    }

    [Theory]
    [InlineData("missing", null, null, "not_found")]
    [InlineData("a//b", null, null, "invalid_name")]
    [InlineData("s", "xyz", null, "invalid_offset")]
    [InlineData("s", null, """{"last":0}""", "bad_request")]
    [InlineData("s", "now", """{"last":1}""", "bad_request")]
    [InlineData("s", null, """{"onGap":"never"}""", "bad_request")]
    [InlineData("s", null, """{"window":60001}""", "bad_request")]
    [InlineData("s", null, "[]", "bad_request")]
    public async Task Subscribe_ThatCannotBegin_EndsWithTheCode(string stream, string? offset, string? options, string code)
    {
        await using var server = await EdgeServer.StartAsync();
        await server.StreamAsync("s", "application/json", "0");
        await using var client = await HubClient.OpenAsync(server);
        await using var call = client.Subscribe(stream, offset, options is null ? null : JsonSerializer.Deserialize<JsonElement>(options));
        Assert.Equal(code, await HubClient.CodeOfAsync(call.NextAsync));
        await CallsAsync(server, 0);
    }

    [Fact]
    public async Task Delete_UnderASubscription_EndsItWithTheReason()
    {
        await using var server = await EdgeServer.StartAsync();
        var stream = await server.StreamAsync("s", "application/json", "0");
        await using var client = await HubClient.OpenAsync(server);
        await using var call = client.Subscribe("s");
        await call.ExpectAsync("subscribed");
        await call.EventsAsync(1);
        await stream.DeleteAsync(Cancel);
        Assert.Equal("deleted", (await call.ExpectAsync("end")).GetProperty("reason").GetString());
        Assert.Null(await call.NextAsync());
    }

    private static Task<int> CallsAsync(EdgeServer server, int calls) =>
        Phase.UntilAsync("calls", $"{calls}", () => server.Hub.Calls.Value, seen => seen == calls, Cancel);

    private static async Task AppendAsync(IStreamHandle stream, string payload) =>
        Assert.IsType<AppendOutcome.Appended>(await stream.AppendAsync(
            new AppendRequest { ContentType = StreamContentType.Parse("application/json"), Events = TestData.Payloads(payload) },
            Cancel));
}
