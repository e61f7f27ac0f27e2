using System.Net;
using System.Text;
using EventCluster.Abstractions.Memory;
using EventCluster.Abstractions.Streams;
using EventCluster.Core;
using EventCluster.Core.InMemory;
using EventCluster.Delivery.Feeds;
using EventCluster.Delivery.Framing;
using EventCluster.Delivery.Pump;
using EventCluster.Delivery.Reading;
using EventCluster.Edge.Memory;
using EventCluster.Edge.SignalR;
using EventCluster.Edge.WebSockets;
using EventCluster.Protocol;
using EventCluster.TestKit;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace EventCluster.Edge.Tests.Server;

/// <summary>
/// Kestrel with one free port for HTTP/1.1 and one for HTTP/2 with prior knowledge, over the real stream log with a memory
/// store and, unless told otherwise, a virtual clock. An error in its log fails the test.
/// </summary>
internal sealed class EdgeServer : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly FaultLog _faults;
    private readonly TimeProvider _clock;
    private readonly ConnectionCount _connections;
    private bool _isOver;

    private EdgeServer(
        WebApplication app, LocalStreamDirectory directory, TimeProvider clock, FaultLog faults, ConnectionCount connections)
    {
        _app = app;
        _faults = faults;
        _clock = clock;
        _connections = connections;
        Directory = directory;
        Memory = app.Services.GetRequiredService<MemoryBudget>();
        var ports = app.Urls.Select(url => new Uri(url).Port).ToArray();
        (Port, Http2Port) = (ports[0], ports[1]);
    }

    public LocalStreamDirectory Directory { get; }

    public VirtualTimeProvider Time => (VirtualTimeProvider)_clock;

    public int Port { get; }

    public int Http2Port { get; }

    public Uri Url => new($"http://127.0.0.1:{Port}");

    public Uri Http2Url => new($"http://127.0.0.1:{Http2Port}");

    /// <summary>TCP connections open now.</summary>
    public int Connections => _connections.Now;

    /// <summary>Whether the TCP connection that comes from there is open.</summary>
    public bool Holds(EndPoint source) => _connections.Holds(source);

    /// <summary>Connections that the pump serves now.</summary>
    public int Pumped => _app.Services.GetRequiredService<SubscriptionPumps>().Connections;

    /// <summary>SignalR connections and calls open now.</summary>
    public HubConnections Hub => _app.Services.GetRequiredService<HubEndpoint>().Connections;

    /// <summary>WebSockets open now.</summary>
    public int Sessions => _app.Services.GetRequiredService<WebSocketTransport>().Count;

    /// <summary>Streams that followers wait for.</summary>
    public MissingStreams Missing => _app.Services.GetRequiredService<MissingStreams>();

    public FrameCache Frames => _app.Services.GetRequiredService<FrameCache>();

    /// <summary>Bytes of the kernel's send buffer of connections that come from now on; null for the system's.</summary>
    public int? SendBufferBytes
    {
        get => _connections.SendBufferBytes;
        set => _connections.SendBufferBytes = value;
    }

    /// <summary>What its clients make it hold.</summary>
    public MemoryBudget Memory { get; }

    /// <summary>Bodies and messages on their way.</summary>
    public InboundMemory Inbound => _app.Services.GetRequiredService<InboundMemory>();

    /// <summary>Bytes held for what clients sent.</summary>
    public long InboundBytes => Memory.RequestBodies.Used + Memory.SmallBodies.Used + Memory.Messages.Used;

    public BlockCache Blocks => _app.Services.GetRequiredService<BlockCache>();

    /// <summary>Starts a server.</summary>
    /// <param name="configure">Its options.</param>
    /// <param name="front">What stands before its stream log.</param>
    /// <param name="clock">Its clock; a virtual one unless given.</param>
    /// <param name="over">A stopped server whose streams it takes over.</param>
    /// <param name="services">Replaces parts of it.</param>
    public static async Task<EdgeServer> StartAsync(
        Action<EdgeOptions>? configure = null, IStreamDirectory? front = null, TimeProvider? clock = null, EdgeServer? over = null,
        Action<IServiceCollection>? services = null)
    {
        clock ??= over?._clock ?? new VirtualTimeProvider { FiresWhenOverdue = true };
        var directory = over?.Directory ?? new LocalStreamDirectory(
            new InMemoryLogStore(new InMemoryLogStoreOptions()), new LocalStreamDirectoryOptions(), clock, new Random(1),
            NullLogger<LocalStreamDirectory>.Instance);
        var (faults, connections) = (new FaultLog(), new ConnectionCount());
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.Logging.AddProvider(faults);
        builder.Services.AddSingleton(front ?? directory);
        builder.Services.AddSingleton(clock);
        builder.Services.AddSingleton(new Random(2));
        services?.Invoke(builder.Services);
        builder.Services.AddEventClusterEdge(configure);
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            KestrelLimits.Apply(kestrel, kestrel.ApplicationServices.GetRequiredService<IOptions<EdgeOptions>>().Value);
            if (clock is VirtualTimeProvider)
            {
                StopRealTime(kestrel.Limits);
            }

            foreach (var protocol in new[] { HttpProtocols.Http1, HttpProtocols.Http2 })
            {
                kestrel.Listen(IPAddress.Loopback, 0, listen =>
                {
                    listen.Protocols = protocol;
                    listen.Use(connections.Count);
                });
            }
        });
        var app = builder.Build();
        app.UseEventClusterEdge();
        await app.StartAsync(TestContext.Current.CancellationToken);
        if (over is not null)
        {
            over._isOver = true;
        }

        return new EdgeServer(app, directory, clock, faults, connections);
    }

    /// <summary>One request on a connection of its own.</summary>
    public async Task<Answer> SendAsync(string method, string target, string? body = null, params string[] headers)
    {
        using var connection = await RawConnection.OpenAsync(Port);
        return await connection.SendAsync(method, target, body is null ? null : Encoding.UTF8.GetBytes(body), headers);
    }

    /// <summary>Creates a stream and demands success.</summary>
    public async Task CreateAsync(string name, string contentType, string? body = null, params string[] headers)
    {
        var answer = await SendAsync("PUT", $"/v1/stream/{name}", body, [$"Content-Type: {contentType}", .. headers]);
        Assert.Equal(201, answer.Status);
    }

    /// <summary>Creates a stream by its handle, past HTTP.</summary>
    public async Task<IStreamHandle> StreamAsync(string name, string contentType, params string[] events)
    {
        var stream = Directory.GetStream(StreamName.Parse(name));
        var request = new CreateRequest { ContentType = StreamContentType.Parse(contentType), Events = TestData.Payloads(events) };
        Assert.IsType<CreateOutcome.Created>(await stream.CreateAsync(request, TestContext.Current.CancellationToken));
        return stream;
    }

    /// <summary>Appends several events by a handle, past HTTP.</summary>
    public async Task AppendEventsAsync(IStreamHandle stream, string contentType, params string[] events)
    {
        var request = new AppendRequest { ContentType = StreamContentType.Parse(contentType), Events = TestData.Payloads(events) };
        Assert.IsType<AppendOutcome.Appended>(await stream.AppendAsync(request, TestContext.Current.CancellationToken));
    }

    /// <summary>Appends and demands success; answers the tail.</summary>
    public async Task<string> AppendAsync(string name, string contentType, string body)
    {
        var answer = await SendAsync("POST", $"/v1/stream/{name}", body, $"Content-Type: {contentType}");
        Assert.Equal(204, answer.Status);
        return answer["Stream-Next-Offset"];
    }

    /// <summary>Waits until so many reads are parked at tails.</summary>
    public Task ParkedAsync(int reads) => Phase.UntilAsync(
        "parked reads", reads.ToString(), () => Directory.ParkedReads, seen => seen == reads,
        TestContext.Current.CancellationToken);

    /// <summary>Waits until so many live responses follow the tail.</summary>
    public Task LiveAsync(int responses) => Phase.UntilAsync(
        "live responses", responses.ToString(), () => Pumped, seen => seen == responses, TestContext.Current.CancellationToken);

    /// <summary>Lets time pass, and waits for what that brings.</summary>
    public Task<T> AfterAsync<T>(TimeSpan time, string phase, Task<T> effect) =>
        Phase.AfterAsync(time, Time, phase, effect, TestContext.Current.CancellationToken);

    /// <summary>The same for an effect that is seen by looking.</summary>
    public Task AfterAsync(TimeSpan time, string phase, Func<bool> reached) =>
        Phase.AfterAsync(time, Time, phase, reached, TestContext.Current.CancellationToken);

    /// <summary>
    /// Waits for a task while the clock goes on in steps that are small beside the time in which a store must answer.
    /// </summary>
    public async Task<T> AdvanceUntilAsync<T>(string phase, Task<T> task)
    {
        await Phase.UntilAsync(
            phase,
            () =>
            {
                if (!task.IsCompleted)
                {
                    Time.Advance(TimeSpan.FromMilliseconds(100));
                }

                return task.IsCompleted;
            },
            TestContext.Current.CancellationToken);
        return await task;
    }

    public Task StopAsync() => _app.StopAsync(TestContext.Current.CancellationToken);

    /// <summary>Kestrel's own limits know no virtual clock: on a busy machine they would cut a client that the test lets wait.</summary>
    private static void StopRealTime(KestrelServerLimits limits)
    {
        limits.MinRequestBodyDataRate = null;
        limits.MinResponseDataRate = null;
        limits.RequestHeadersTimeout = 10 * Phase.HangGuard;
        limits.KeepAliveTimeout = 10 * Phase.HangGuard;
        limits.Http2.KeepAlivePingDelay = TimeSpan.MaxValue;
    }

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        if (!_isOver)
        {
            await Directory.DisposeAsync();
        }

        // Whatever a test did to its server: nothing of what clients sent is held in the end.
        await Phase.UntilAsync(
            "inbound memory", "0", () => InboundBytes, static bytes => bytes == 0, TestContext.Current.CancellationToken);
        Assert.True(_faults.Errors.IsEmpty, string.Join("\n", _faults.Errors));
    }
}
