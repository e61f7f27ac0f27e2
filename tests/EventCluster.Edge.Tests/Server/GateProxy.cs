using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace EventCluster.Edge.Tests.Server;

/// <summary>
/// A client that stops taking bytes: passes on what a server sends until the gate closes, then takes nothing from the server
/// until it opens. What clients send always passes.
/// </summary>
internal sealed class GateProxy : IAsyncDisposable
{
    private const int ReceiveBufferBytes = 4096;

    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly IPEndPoint _target;
    private readonly ConcurrentBag<Socket> _sockets = [];
    private readonly ConcurrentBag<Task> _running = [];
    private readonly Task _accepting;
    private TaskCompletionSource _opened = Opened();
    private long _room = long.MaxValue;

    public GateProxy(Uri server)
    {
        _target = new IPEndPoint(IPAddress.Loopback, server.Port);
        _listener.Start();
        Url = new Uri($"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}");
        _accepting = AcceptAsync();
    }

    public Uri Url { get; }

    /// <summary>Lets so many more bytes pass, over all connections, then none.</summary>
    public void CloseAfter(long bytes)
    {
        _opened = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Volatile.Write(ref _room, bytes);
    }

    /// <summary>Lets everything pass.</summary>
    public void Open()
    {
        Volatile.Write(ref _room, long.MaxValue);
        _opened.TrySetResult();
    }

    /// <summary>Resets all connections: what both ends see when the machine in between fails.</summary>
    public void Reset()
    {
        foreach (var socket in _sockets)
        {
            try
            {
                socket.LingerState = new LingerOption(enable: true, seconds: 0);
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                // It is gone already.
            }

            socket.Dispose();
        }

        Open();
    }

    public async ValueTask DisposeAsync()
    {
        _listener.Stop();
        Reset();
        await _accepting;
        await Task.WhenAll(_running);
    }

    private static TaskCompletionSource Opened()
    {
        var opened = new TaskCompletionSource();
        opened.SetResult();
        return opened;
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                var client = await _listener.AcceptSocketAsync();
                var server = new Socket(SocketType.Stream, ProtocolType.Tcp) { ReceiveBufferSize = ReceiveBufferBytes, NoDelay = true };
                client.NoDelay = true;
                _sockets.Add(client);
                _sockets.Add(server);
                await server.ConnectAsync(_target);
                _running.Add(PassAsync(client, server, isGated: false));
                _running.Add(PassAsync(server, client, isGated: true));
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The end.
        }
    }

    private async Task PassAsync(Socket from, Socket to, bool isGated)
    {
        var buffer = new byte[16 * 1024];
        try
        {
            while (true)
            {
                var room = (int)Math.Min(buffer.Length, isGated ? Volatile.Read(ref _room) : long.MaxValue);
                if (room == 0)
                {
                    await _opened.Task;
                    continue;
                }

                var count = await from.ReceiveAsync(buffer.AsMemory(0, room));
                if (count == 0)
                {
                    to.Shutdown(SocketShutdown.Send);
                    return;
                }

                if (isGated && Volatile.Read(ref _room) is not long.MaxValue and var left)
                {
                    // A gate that closed meanwhile lets at most one buffer more pass.
                    Volatile.Write(ref _room, Math.Max(0, left - count));
                }

                for (var sent = 0; sent < count;)
                {
                    sent += await to.SendAsync(buffer.AsMemory(sent..count));
                }
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            from.Dispose();
            to.Dispose();
        }
    }
}
