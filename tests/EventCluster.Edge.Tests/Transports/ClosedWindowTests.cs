using EventCluster.Abstractions.Memory;
using EventCluster.Edge.Tests.Server;
using EventCluster.Protocol;
using EventCluster.TestKit;
using Microsoft.Extensions.DependencyInjection;

namespace EventCluster.Edge.Tests.Transports;

/// <summary>
/// CORRECTNESS rule 17 for HTTP/2: one connection with as many streams as may be and closed windows makes the server hold a slice
/// and a buffer for each, whatever the size of its events. It weighs the process, so it runs with nothing beside it.
/// </summary>
[Collection(Name)]
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class ClosedWindowTests
{
    private const string Name = "closed windows";
    private const int Streams = EdgeLimits.Http2StreamsPerConnection;
    private const int Events = 4;

    /// <summary>What the streams and the test itself hold: the store, the tail cache and the feed keep each event once or twice.</summary>
    private const long Beside = 48L * 1024 * 1024;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public static TheoryData<string, string, bool> Ways => new()
    {
        { "/v1/stream/s?live=eventsource&offset=now", "application/json", true },
        { "/v1/stream/s?live=eventsource&offset=-1", "text/plain", true },
        { "/v1/stream/s?live=eventsource&offset=-1", "application/octet-stream", false },
        { "/v1/stream/s?live=sse&offset=-1", "application/json", true },
        { "/v1/stream/s?live=long-poll&offset=-1", "application/json", false },
        { "/v1/streams?stream=s", "application/json", false },
        { "/v1/stream/s", "application/octet-stream", false },
    };

    /// <summary>
    /// Goal: nothing but slices is held for streams whose windows are closed, and another client is served. Method: 512 streams, then
    /// events of 1 MiB; an honest reader on a connection of its own sees the last one before the process is weighed.
    /// </summary>
    [Theory]
    [MemberData(nameof(Ways))]
    public async Task Connection_WithEveryWindowClosed_HoldsSlicesOnly(string path, string type, bool follows)
    {
        var memory = new MemoryBudget(1L << 30);

        // Nobody answers pings for the greedy client, so they must not come while a busy machine gets so far.
        await using var server = await EdgeServer.StartAsync(
            o => o.SseHeartbeat = Phase.HangGuard, clock: TimeProvider.System, services: services => services.AddSingleton(memory));
        var stream = await server.StreamAsync("s", type);
        var isJson = type == "application/json";
        string Event(int i) => isJson
            ? $"\"{i}{new string('x', ProtocolLimits.MaxEventBytes - 10)}\"" : $"{i}{new string('x', ProtocolLimits.MaxEventBytes - 10)}";
        var before = GC.GetTotalMemory(forceFullCollection: true);
        if (!follows)
        {
            await server.AppendEventsAsync(stream, type, Event(0));
        }

        using var greedy = await RawConnection.OpenAsync(server.Http2Port, receiveBuffer: 16 * 1024);
        await greedy.WriteAsync(Requests(path));
        if (follows)
        {
            await server.LiveAsync(Streams);
        }

        using var honest = await RawConnection.OpenAsync(server.Port);
        await honest.WriteRequestAsync("GET", "/v1/stream/s?live=sse&offset=now", null);
        await honest.ReadHeadAsync();
        for (var i = 1; i < Events; i++)
        {
            await server.AppendEventsAsync(stream, type, Event(i));
        }

        await server.AppendEventsAsync(stream, type, isJson ? "\"the last\"" : "the last");
        var last = isJson || type == "text/plain" ? "the last" : Convert.ToBase64String("the last"u8);
        while (!(await honest.ReadUntilAsync("\n\n")).Contains(last, StringComparison.Ordinal))
        {
        }

        var held = await Phase.UntilAsync(
            "what is held", "no more than slices", () => GC.GetTotalMemory(forceFullCollection: true) - before,
            static bytes => bytes < EdgeLimits.MaxBytesPerHttp2Connection + Beside, Cancel);

        Assert.True(held < EdgeLimits.MaxBytesPerHttp2Connection + Beside);
        Assert.True(memory.Delivery.Used <= memory.Delivery.Limit && memory.CatchUp.Used <= memory.CatchUp.Limit);
        greedy.Reset();
        await Phase.UntilAsync("everything is given back", () => memory.Delivery.Used + memory.CatchUp.Used == 0, Cancel);
    }

    /// <summary>Windows of 0, and a request on every stream.</summary>
    private static byte[] Requests(string path)
    {
        var block = Http2Frames.Request("GET", path);
        List<byte> bytes = [.. Http2Frames.Preface(window: 0)];
        for (var i = 0; i < Streams; i++)
        {
            bytes.AddRange(Http2Frames.Frame(Http2Frames.Headers, Http2Frames.EndHeaders | Http2Frames.EndStream, (2 * i) + 1, block));
        }

        return [.. bytes];
    }
}
