using EventCluster.Abstractions.Streams;
using EventCluster.Core;
using EventCluster.Core.InMemory;
using EventCluster.Edge.Tests.SignalR;
using EventCluster.Edge.Tests.WebSockets;
using EventCluster.Protocol;
using EventCluster.TestKit;
using Microsoft.Extensions.Logging.Abstractions;

namespace EventCluster.Edge.Tests.Server;

/// <summary>A store that does not answer is "not now" on every verb of every transport, and over when it is over.</summary>
public sealed class StoreOutageTests : IAsyncDisposable
{
    private readonly FaultyLogStore _store = new(new InMemoryLogStore(new InMemoryLogStoreOptions()), new Random(1));
    private readonly VirtualTimeProvider _clock = new() { FiresWhenOverdue = true };
    private readonly LocalStreamDirectory _directory;

    public StoreOutageTests() => _directory = new LocalStreamDirectory(
        _store, new LocalStreamDirectoryOptions(), _clock, new Random(1), NullLogger<LocalStreamDirectory>.Instance);

    public static TheoryData<string, string, string?> Requests => new()
    {
        { "GET", "/v1/stream/s?offset=-1", null },
        { "GET", "/v1/stream/s?offset=now", null },
        { "GET", "/v1/stream/s?offset=now&live=long-poll", null },
        { "GET", "/v1/stream/absent?offset=-1", null },
        { "HEAD", "/v1/stream/s", null },
        { "HEAD", "/v1/stream/absent", null },
        { "POST", "/v1/stream/s", "2" },
        { "POST", "/v1/stream/absent", "2" },
        { "PUT", "/v1/stream/s", null },
        { "PUT", "/v1/stream/new", null },
        { "DELETE", "/v1/stream/s", null },
        { "DELETE", "/v1/stream/absent", null },
        { "GET", "/v1/admin/streams", null },
    };

    public async ValueTask DisposeAsync()
    {
        await _directory.DisposeAsync();
        await _store.DisposeAsync();
    }

    [Theory]
    [MemberData(nameof(Requests))]
    public async Task Http_StoreDoesNotAnswer_IsUnavailableWithRetryAfter(string method, string target, string? body)
    {
        await using var server = await EdgeServer.StartAsync(front: _directory, clock: _clock);
        await NewStreamAsync();
        _store.IsUnreachable = true;

        // What an owner in memory may answer without the store is not the question here: it ends.
        Assert.Equal(503, (await server.SendAsync("POST", "/v1/stream/s", "x", "Content-Type: text/plain")).Status);
        for (var i = 0; i < 2; i++)
        {
            var answer = await server.SendAsync(method, target, body, "Content-Type: text/plain");
            Assert.Equal(503, answer.Status);
            Assert.True(int.Parse(answer["Retry-After"], System.Globalization.CultureInfo.InvariantCulture) > 0);
            Assert.Equal("no-store", answer["Cache-Control"]);
        }

        _store.IsUnreachable = false;
        var again = target.Replace("&live=long-poll", "", StringComparison.Ordinal);
        Assert.NotEqual(503, (await server.SendAsync(method, again, body, "Content-Type: text/plain")).Status);
    }

    [Fact]
    public async Task WebSocketAndHub_StoreDoesNotAnswer_SayUnavailable()
    {
        await using var server = await EdgeServer.StartAsync(front: _directory, clock: _clock);
        await NewStreamAsync();
        using var socket = await SocketClient.OpenAsync(server, "/v1/streams");
        await using var hub = await HubClient.OpenAsync(server);
        _store.IsUnreachable = true;

        await socket.SendAsync("""{"type":"append","stream":"s","contentType":"text/plain","events":[{"data":"2"}]}""");
        Assert.Equal(503, (await socket.ExpectAsync("error")).GetProperty("status").GetInt32());
        var append = await HubClient.ErrorOfAsync(() => hub.AppendAsync("s", new { contentType = "text/plain", events = new[] { new { data = "2" } } }));
        Assert.Equal(503, append.GetProperty("status").GetInt32());

        _store.IsUnreachable = false;
        await socket.SendAsync("""{"type":"append","stream":"s","contentType":"text/plain","events":[{"data":"3"}]}""");
        await socket.ExpectAsync("ack");
        await hub.AppendAsync("s", new { contentType = "text/plain", events = new[] { new { data = "4" } } });
    }

    private async Task NewStreamAsync() => Assert.IsType<CreateOutcome.Created>(await _directory.GetStream(StreamName.Parse("s")).CreateAsync(
        new CreateRequest { ContentType = StreamContentType.Parse("text/plain"), Events = TestData.Payloads("1") },
        TestContext.Current.CancellationToken));
}
