using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace EventCluster.TestKit.Network;

/// <summary>
/// A bad network on loopback: passes TCP connections on to a server and does to each what its plan says. Clients and server
/// are untouched and see what real ones would.
/// </summary>
public sealed class FaultProxy : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly IPEndPoint _target;
    private readonly Func<int, FaultPlan> _planOf;
    private readonly ConcurrentQueue<ProxiedConnection> _connections = new();
    private readonly ConcurrentQueue<Task> _running = new();
    private readonly Task _accepting;
    private int _accepted;

    /// <param name="server">Where connections go.</param>
    /// <param name="planOf">The plan of the n-th connection, counted from 0.</param>
    public FaultProxy(Uri server, Func<int, FaultPlan> planOf)
    {
        _target = new IPEndPoint(IPAddress.Loopback, server.Port);
        _planOf = planOf;
        _listener.Start();
        Url = new Uri($"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}");
        _accepting = AcceptAsync();
    }

    /// <summary>Where clients connect to.</summary>
    public Uri Url { get; }

    /// <summary>Connections so far.</summary>
    public int Accepted => Volatile.Read(ref _accepted);

    /// <summary>Given to connections that come from now on.</summary>
    public string Label { get; set; } = "";

    /// <summary>The connections that are cut without anybody knowing.</summary>
    public IReadOnlyList<DarkConnection> Dark => [.. _connections.Select(c => c.Dark).OfType<DarkConnection>()];

    /// <summary>Cuts all connections so that neither end hears of it.</summary>
    public void DarkenAll()
    {
        foreach (var connection in _connections)
        {
            connection.Darken();
        }
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        _listener.Stop();
        await _accepting;
        foreach (var connection in _connections)
        {
            connection.Dispose();
        }

        await Task.WhenAll(_running);
    }

    private async Task AcceptAsync()
    {
        while (true)
        {
            Socket client;
            try
            {
                client = await _listener.AcceptSocketAsync();
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                return;
            }

            var connection = new ProxiedConnection(client, _target, _planOf(_accepted), Label);
            Interlocked.Increment(ref _accepted);
            _connections.Enqueue(connection);
            _running.Enqueue(connection.RunAsync());
        }
    }
}
