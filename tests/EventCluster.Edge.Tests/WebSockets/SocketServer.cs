using System.Collections.Concurrent;
using System.Net;
using EventCluster.Abstractions.Streams;
using EventCluster.Core;
using EventCluster.Core.InMemory;
using EventCluster.Edge.Pumping;
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

namespace EventCluster.Edge.Tests.WebSockets;

/// <summary>
/// Kestrel with one port for HTTP/1.1 and one for HTTP/2 with prior knowledge, over the real stream log with a memory store
/// and a virtual clock. An error in its log fails the test.
/// </summary>
internal sealed class SocketServer : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly FaultLog _faults;

    private SocketServer(WebApplication app, LocalStreamDirectory directory, VirtualTimeProvider clock, FaultLog faults)
    {
        _app = app;
        _faults = faults;
        Directory = directory;
        Clock = clock;
        var ports = app.Urls.Select(url => new Uri(url).Port).ToArray();
        (Port, Http2Port) = (ports[0], ports[1]);
    }

    public LocalStreamDirectory Directory { get; }

    public VirtualTimeProvider Clock { get; }

    public int Port { get; }

    public int Http2Port { get; }

    /// <summary>Connections that the pump serves now.</summary>
    public int Pumped => _app.Services.GetRequiredService<SubscriptionPump>().Connections;

    /// <summary>WebSockets open now.</summary>
    public int Sessions => _app.Services.GetRequiredService<WebSocketTransport>().Count;

    public static async Task<SocketServer> StartAsync(Action<EdgeOptions>? configure = null)
    {
        var clock = new VirtualTimeProvider();
        var directory = new LocalStreamDirectory(
            new InMemoryLogStore(new InMemoryLogStoreOptions()), new LocalStreamDirectoryOptions(), clock, new Random(1),
            NullLogger<LocalStreamDirectory>.Instance);
        var faults = new FaultLog();
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.Logging.AddProvider(faults);
        builder.Services.AddSingleton<IStreamDirectory>(directory);
        builder.Services.AddSingleton<TimeProvider>(clock);
        builder.Services.AddSingleton(new Random(2));
        builder.Services.AddEventClusterEdge(configure);
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            KestrelLimits.Apply(kestrel, kestrel.ApplicationServices.GetRequiredService<IOptions<EdgeOptions>>().Value);
            kestrel.Listen(IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http1);
            kestrel.Listen(IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http2);
        });
        var app = builder.Build();
        app.UseEventClusterEdge();
        await app.StartAsync(TestContext.Current.CancellationToken);
        return new SocketServer(app, directory, clock, faults);
    }

    /// <summary>Creates a stream and demands success.</summary>
    public async Task<IStreamHandle> CreateAsync(string name, string contentType, params string[] events)
    {
        var stream = Directory.GetStream(StreamName.Parse(name));
        var request = new CreateRequest { ContentType = StreamContentType.Parse(contentType), Events = TestData.Payloads(events) };
        Assert.IsType<CreateOutcome.Created>(await stream.CreateAsync(request, TestContext.Current.CancellationToken));
        return stream;
    }

    public Task StopAsync() => _app.StopAsync(TestContext.Current.CancellationToken);

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        await Directory.DisposeAsync();
        Assert.True(_faults.Errors.IsEmpty, string.Join("\n", _faults.Errors));
    }

    private sealed class FaultLog : ILoggerProvider, ILogger
    {
        public ConcurrentQueue<string> Errors { get; } = new();

        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Error;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (IsEnabled(logLevel))
            {
                Errors.Enqueue($"{formatter(state, exception)} {exception}");
            }
        }

        public void Dispose()
        {
        }
    }
}
