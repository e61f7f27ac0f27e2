using System.Net;
using System.Net.Sockets;
using EventCluster.TestKit.Servers;

namespace EventCluster.Failover;

/// <summary>
/// The network between the silos and PostgreSQL, as a proxy on loopback. Cut, it loses nothing and delivers nothing, as a
/// network does whose packets are sent again once it is back; connections that begin meanwhile hang.
/// </summary>
internal sealed class StorePath : IAsyncDisposable
{
    private const int BufferBytes = 64 * 1024;

    private readonly TcpListener _listener = new(IPAddress.Loopback, FreePort.Next());
    private readonly CancellationTokenSource _end = new();
    private readonly int _storePort;
    private volatile TaskCompletionSource _open = Opened();

    /// <param name="storePort">Where PostgreSQL listens.</param>
    public StorePath(int storePort)
    {
        _storePort = storePort;
        _listener.Start();
        Accepting = AcceptAsync();
    }

    /// <summary>Where silos connect.</summary>
    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    private Task Accepting { get; }

    /// <summary>From now on nothing gets through.</summary>
    public void Cut() => _open = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Everything gets through again.</summary>
    public void Mend() => _open.TrySetResult();

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        Mend();
        await _end.CancelAsync();
        _listener.Stop();
        await Accepting;
        _end.Dispose();
    }

    private static TaskCompletionSource Opened()
    {
        var source = new TaskCompletionSource();
        source.SetResult();
        return source;
    }

    private async Task AcceptAsync()
    {
        List<Task> connections = [];
        try
        {
            while (true)
            {
                connections.Add(ForwardAsync(await _listener.AcceptSocketAsync(_end.Token)));
            }
        }
        catch (Exception e) when (_end.IsCancellationRequested && e is OperationCanceledException or SocketException)
        {
            await Task.WhenAll(connections);
        }
    }

    private async Task ForwardAsync(Socket silo)
    {
        using var store = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        using (silo)
        {
            silo.NoDelay = true;
            try
            {
                await _open.Task.WaitAsync(_end.Token);
                await store.ConnectAsync(IPAddress.Loopback, _storePort, _end.Token);
                await Task.WhenAny(CopyAsync(silo, store), CopyAsync(store, silo));
            }
            catch (Exception e) when (e is SocketException or OperationCanceledException)
            {
                // The store is down: the silo sees its connection end, as it would without a proxy.
            }
        }
    }

    private async Task CopyAsync(Socket from, Socket to)
    {
        var buffer = new byte[BufferBytes];
        try
        {
            while (await from.ReceiveAsync(buffer, _end.Token) is > 0 and var count)
            {
                await _open.Task.WaitAsync(_end.Token);
                for (var sent = 0; sent < count;)
                {
                    sent += await to.SendAsync(buffer.AsMemory(sent, count - sent), _end.Token);
                }
            }
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException or ObjectDisposedException)
        {
            // One side is gone; the other is closed with it.
        }
    }
}
