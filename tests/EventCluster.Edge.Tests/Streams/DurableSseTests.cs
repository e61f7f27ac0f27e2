using System.Text.RegularExpressions;
using EventCluster.Delivery;
using EventCluster.Edge.Tests.Server;

namespace EventCluster.Edge.Tests.Streams;

/// <summary><c>live=sse</c>, byte for byte.</summary>
public sealed partial class DurableSseTests
{
    private const string One = "00000010000000000001";
    private const string Two = "00000010000000000002";
    private const string Three = "00000010000000000003";

    [Fact]
    public async Task Get_Json_IsOneArrayAndOneControlPerSlice()
    {
        await using var server = await EdgeServer.StartAsync();
        await server.CreateAsync("a", "application/json", "[1]");
        await server.AppendAsync("a", "application/json", "{\"b\":\n2}");
        using var reader = await OpenAsync(server, "a?live=sse&offset=-1");
        var backlog = await reader.ReadUntilAsync("}\n\n");
        Assert.Equal(
            $"event: data\ndata:[1,{{\"b\":\ndata:2}}]\n\n"
            + $"event: control\ndata:{{\"streamNextOffset\":\"{Two}\",\"streamCursor\":\"N\",\"upToDate\":true}}\n\n",
            Cursor().Replace(backlog, "\"streamCursor\":\"N\""));
        await server.LiveAsync(1);
        await server.SendAsync("POST", "/v1/stream/a", "3", "Content-Type: application/json", "Stream-Closed: true");
        Assert.Equal(
            $"event: data\ndata:[3]\n\n"
            + $"event: control\ndata:{{\"streamNextOffset\":\"{Three}\",\"upToDate\":true,\"streamClosed\":true}}\n\n",
            await reader.ReadToEndAsync());
    }

    [Fact]
    public async Task Get_Text_RunsEventsTogetherWithEverySpaceAndLine()
    {
        await using var server = await EdgeServer.StartAsync();
        await server.CreateAsync("a", "text/plain", " a\n");
        await server.AppendAsync("a", "text/plain", " b\r\n\r\nevent: control\r\n c");
        await server.SendAsync("POST", "/v1/stream/a", null, "Stream-Closed: true");
        var answer = await server.SendAsync("GET", "/v1/stream/a?live=sse&offset=-1");
        Assert.Equal(
            "event: data\ndata:  a\ndata:  b\ndata:\ndata:event: control\ndata:  c\n\n"
            + $"event: control\ndata:{{\"streamNextOffset\":\"{Two}\",\"upToDate\":true,\"streamClosed\":true}}\n\n",
            answer.Text);
        Assert.Null(answer.Find("stream-sse-data-encoding"));
    }

    [Fact]
    public async Task Get_Binary_IsBase64OfTheWholeSlice()
    {
        await using var server = await EdgeServer.StartAsync();
        await server.CreateAsync("a", "application/x-protobuf", "\u0001");
        await server.AppendAsync("a", "application/x-protobuf", "\u0002\n");
        await server.SendAsync("POST", "/v1/stream/a", null, "Stream-Closed: true");
        var answer = await server.SendAsync("GET", "/v1/stream/a?live=sse&offset=-1");
        Assert.Equal("base64", answer["stream-sse-data-encoding"]);
        Assert.StartsWith("event: data\ndata:AQIK\n\nevent: control\n", answer.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Get_LargeBacklog_PairsEveryDataWithOneControlAndLosesNothing()
    {
        await using var server = await EdgeServer.StartAsync();
        await server.CreateAsync("a", "application/json");
        for (var i = 0; i < 20; i++)
        {
            await server.AppendAsync(
                "a", "application/json", $"[{string.Join(',', Enumerable.Range(i * 500, 500).Select(n => $"\"{n:d20}\""))}]");
        }

        await server.SendAsync("POST", "/v1/stream/a", null, "Stream-Closed: true");
        var text = (await server.SendAsync("GET", "/v1/stream/a?live=sse&offset=-1")).Text;
        var events = text.Split("\n\n", StringSplitOptions.RemoveEmptyEntries);
        Assert.True(events.Length is > 4 and < 40, $"{events.Length} events");
        Assert.All(events, (e, i) => Assert.StartsWith(i % 2 == 0 ? "event: data\n" : "event: control\n", e, StringComparison.Ordinal));
        var numbers = events.Where((_, i) => i % 2 == 0).SelectMany(e => e["event: data\ndata:[".Length..^1].Split(','));
        Assert.Equal(Enumerable.Range(0, 10_000).Select(n => $"\"{n:d20}\""), numbers);
        Assert.All(events.Where((_, i) => i % 2 == 0), e => Assert.InRange(e.Length, 1, DeliveryLimits.MaxSliceBytes + 100));
    }

    [Fact]
    public async Task Get_OldResponse_EndsAfterItsLifetime()
    {
        await using var server = await EdgeServer.StartAsync();
        await server.CreateAsync("a", "text/plain");
        using var reader = await OpenAsync(server, "a?live=sse&offset=-1");
        await reader.ReadUntilAsync("}\n\n");
        var started = server.Time.GetUtcNow();
        var rest = await server.AdvanceUntilAsync("the end", reader.ReadToEndAsync());
        Assert.Equal("", KeepAlive().Replace(rest, ""));
        Assert.True(server.Time.GetUtcNow() - started >= TimeSpan.FromSeconds(59), "The response ended early.");
    }

    private static async Task<RawConnection> OpenAsync(EdgeServer server, string target)
    {
        var reader = await RawConnection.OpenAsync(server.Port);
        await reader.WriteRequestAsync("GET", "/v1/stream/" + target, null);
        Assert.Equal(200, (await reader.ReadHeadAsync()).Status);
        return reader;
    }

    [GeneratedRegex("event: control\ndata:[{][^}]*\"upToDate\":true}\n\n|:\n\n")]
    private static partial Regex KeepAlive();

    [GeneratedRegex("\"streamCursor\":\"[0-9]+\"")]
    private static partial Regex Cursor();
}
