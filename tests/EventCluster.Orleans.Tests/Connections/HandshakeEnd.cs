using EventCluster.Orleans.Connections;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans.Configuration;

namespace EventCluster.Orleans.Tests.Connections;

/// <summary>A silo's or a publisher's part of a handshake, without Orleans: who passes is let through and waits.</summary>
internal sealed class HandshakeEnd
{
    private readonly ConnectionDelegate _accept;
    private readonly ConnectionDelegate _connect;
    private readonly RecordingLogger _log = new();

    public HandshakeEnd(
        ClusterPort port,
        string? secret,
        string cluster = "north",
        string? identity = null,
        IReadOnlyList<IHandshakeStep>? steps = null,
        TimeProvider? time = null,
        int maxHandshakes = 256,
        ClusterTls? tls = null)
    {
        Names = new ClusterOptions { ServiceId = cluster, ClusterId = identity ?? cluster };
        var options = new ClusterConnectionOptions
        {
            Secret = secret is null ? null : ClusterSecret.Parse(secret),
            MaxHandshakes = maxHandshakes,
            Tls = tls,
        };
        var handshakes = new ClusterHandshakes(
            Options.Create(options), Options.Create(Names), steps ?? [], Refusals, time ?? TimeProvider.System, _log);
        _accept = Build(builder => handshakes.UseAccepting(builder, port));
        _connect = Build(builder => handshakes.UseConnecting(builder, port));
    }

    /// <summary>Orleans' two names.</summary>
    public ClusterOptions Names { get; }

    /// <summary>Refusals that make a start hopeless.</summary>
    public PeerRefusals Refusals { get; } = new();

    /// <summary>What was logged.</summary>
    public IReadOnlyCollection<string> Lines => _log.Lines;

    /// <summary>Connections that got through.</summary>
    public int Passed => _passed;

    private int _passed;

    public Task AcceptAsync(ConnectionContext connection) => Task.Run(() => _accept(connection));

    public Task ConnectAsync(ConnectionContext connection) => Task.Run(() => _connect(connection));

    private ConnectionDelegate Build(Action<IConnectionBuilder> use)
    {
        var builder = new ConnectionBuilder(new ServiceCollection().AddLogging().BuildServiceProvider());
        use(builder);
        builder.Run(_ =>
        {
            Interlocked.Increment(ref _passed);
            return Task.CompletedTask;
        });
        return builder.Build();
    }

    private sealed class RecordingLogger : ILogger<ClusterHandshakes>
    {
        private readonly System.Collections.Concurrent.ConcurrentQueue<string> _lines = new();

        public IReadOnlyCollection<string> Lines => _lines;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            _lines.Enqueue(formatter(state, exception) + exception);
    }
}
