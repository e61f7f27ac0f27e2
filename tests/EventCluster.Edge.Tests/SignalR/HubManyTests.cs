using System.Text.Json;
using EventCluster.Abstractions.Streams;
using EventCluster.Edge.Tests.Server;
using EventCluster.Protocol;
using EventCluster.TestKit;

namespace EventCluster.Edge.Tests.SignalR;

/// <summary>Several streams in one call.</summary>
public sealed class HubManyTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task SubscribeMany_ReconnectWithTheCursorAfterEveryMessage_LosesAndRepeatsNothing()
    {
        await using var server = await EdgeServer.StartAsync();
        var expected = new Dictionary<string, List<string>>();
        foreach (var name in (string[])["a/x", "b", "c"])
        {
            expected[name] = [.. Enumerable.Range(0, 15).Select(i => $"{name}{i}")];
            await server.StreamAsync(name, "text/plain", [.. expected[name]]);
        }

        await using var client = await HubClient.OpenAsync(server);
        var received = expected.Keys.ToDictionary(name => name, _ => new List<string>());
        string? cursor = null;
        for (var round = 0; received.Values.Sum(list => list.Count) < 45; round++)
        {
            await using var call = client.SubscribeMany(Streams("a/x", "b", "c"), new { cursor });
            var messages = 0;
            while (messages <= round % 2 && received.Values.Sum(list => list.Count) < 45)
            {
                var message = (await call.NextAsync())!.Value;
                cursor = message.GetProperty("cursor").GetString();
                if (message.GetProperty("type").GetString() == "events")
                {
                    messages++;
                    received[message.GetProperty("stream").GetString()!].AddRange(
                        message.GetProperty("events").EnumerateArray().Select(e => e.GetProperty("data").GetString()!));
                }
            }
        }

        Assert.Equal(expected, received);
    }

    [Fact]
    public async Task SubscribeMany_BusyAndQuiet_BothArrive_AndEachEnds()
    {
        await using var server = await EdgeServer.StartAsync();
        var busy = await server.StreamAsync("busy", "text/plain", [.. Enumerable.Range(0, 200).Select(i => new string('b', 10_000))]);
        var quiet = await server.StreamAsync("quiet", "text/plain", "first", "second");
        await busy.AppendAsync(new AppendRequest { Close = true }, Cancel);
        await quiet.AppendAsync(new AppendRequest { Close = true }, Cancel);
        await using var client = await HubClient.OpenAsync(server);
        await using var call = client.SubscribeMany(new[] { new { stream = "busy", last = (int?)150 }, new { stream = "quiet", last = (int?)1 } });
        var counts = new Dictionary<string, int> { ["busy"] = 0, ["quiet"] = 0 };
        var busyBeforeQuiet = -1;
        List<string> ends = [];
        while (await call.NextAsync() is { } message)
        {
            var stream = message.GetProperty("stream").GetString()!;
            if (message.GetProperty("type").GetString() == "end")
            {
                ends.Add(stream);
            }
            else if (message.TryGetProperty("events", out var events))
            {
                counts[stream] += events.GetArrayLength();
                busyBeforeQuiet = stream == "quiet" ? counts["busy"] : busyBeforeQuiet;
            }
        }

        Assert.Equal(["busy", "quiet"], ends.Order());
        Assert.Equal((150, 1), (counts["busy"], counts["quiet"]));
        Assert.InRange(busyBeforeQuiet, 0, 20);
    }

    [Theory]
    [InlineData("""[{"stream":"a"},{"stream":"missing"}]""", "null", "not_found")]
    [InlineData("""[{"stream":"a"},{"stream":"a"}]""", "null", "bad_request")]
    [InlineData("""[{"stream":"a","offset":"now","last":1}]""", "null", "bad_request")]
    [InlineData("""[{"stream":"a","offset":"?"}]""", "null", "invalid_offset")]
    [InlineData("""["a"]""", "null", "bad_request")]
    [InlineData("[]", "null", "bad_request")]
    [InlineData("null", "null", "bad_request")]
    [InlineData("""[{"stream":"a"}]""", """{"last":1}""", "bad_request")]
    [InlineData("""[{"stream":"a"}]""", """{"cursor":"abc"}""", "invalid_offset")]
    public async Task SubscribeMany_ThatCannotBegin_EndsWithTheCode(string streams, string options, string code)
    {
        await using var server = await EdgeServer.StartAsync();
        await server.StreamAsync("a", "application/json", "0");
        await using var client = await HubClient.OpenAsync(server);
        await using var call = client.SubscribeMany(
            JsonSerializer.Deserialize<JsonElement>(streams), JsonSerializer.Deserialize<JsonElement>(options));
        Assert.Equal(code, await HubClient.CodeOfAsync(call.NextAsync));
    }

    [Fact]
    public async Task SubscribeMany_CursorOfAnotherList_IsRefused()
    {
        await using var server = await EdgeServer.StartAsync();
        await server.StreamAsync("a", "application/json", "0");
        await server.StreamAsync("b", "application/json", "0");
        await using var client = await HubClient.OpenAsync(server);
        await using var call = client.SubscribeMany(Streams("a", "b"));
        var cursor = (await call.NextAsync())!.Value.GetProperty("cursor").GetString();
        await using var other = client.SubscribeMany(Streams("b", "a"), new { cursor });
        Assert.Equal("invalid_offset", await HubClient.CodeOfAsync(other.NextAsync));
    }

    [Fact]
    public async Task SubscribeMany_DeleteOfOneStream_IsAnItem_AndTheOthersGoOn()
    {
        await using var server = await EdgeServer.StartAsync();
        var a = await server.StreamAsync("a", "application/json", "0");
        var b = await server.StreamAsync("b", "application/json");
        await using var client = await HubClient.OpenAsync(server);
        await using var call = client.SubscribeMany(Streams("a", "b"));
        await call.ExpectAsync("subscribed");
        while ((await call.NextAsync())!.Value.GetProperty("type").GetString() != "events")
        {
        }

        await a.DeleteAsync(Cancel);
        var message = (await call.NextAsync())!.Value;
        if (message.GetProperty("type").GetString() == "subscribed")
        {
            message = (await call.NextAsync())!.Value;
        }

        Assert.Equal(("end", "a", "deleted"), (
            message.GetProperty("type").GetString(), message.GetProperty("stream").GetString(), message.GetProperty("reason").GetString()));
        await b.AppendAsync(
            new AppendRequest { ContentType = StreamContentType.Parse("application/json"), Events = TestData.Payloads("1") }, Cancel);
        Assert.Equal(["1"], await call.EventsAsync(1));
    }

    private static Dictionary<string, string>[] Streams(params string[] names) =>
        [.. names.Select(name => new Dictionary<string, string> { ["stream"] = name })];
}
