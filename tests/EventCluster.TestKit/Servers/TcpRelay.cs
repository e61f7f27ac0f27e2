using System.Net;
using System.Net.Sockets;

namespace EventCluster.TestKit.Servers;

/// <summary>
/// A loopback relay in front of a server whose faults are those of a network: answers held back, everything held back,
/// connections cut, connections refused.
/// </summary>
public sealed class TcpRelay : IAsyncDisposable
{
    private readonly TcpListener _listener;
    private int _target;
    private readonly Lock _gate = new();
    private readonly List<Socket> _sockets = [];
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _accepting;
    private TaskCompletionSource? _holdRequests;
    private TaskCompletionSource? _holdAnswers;
    private bool _refuses;

    /// <summary>A relay to a port of this machine.</summary>
    public TcpRelay(int target)
    {
        _target = target;
        Port = FreePort.Next();
        _listener = new TcpListener(IPAddress.Loopback, Port);
        _listener.Start();
        _accepting = AcceptAsync();
    }

    /// <summary>Where clients connect.</summary>
    public int Port { get; }

    /// <summary>New connections lead elsewhere, as when an address moves; those that are there stay.</summary>
    public void MoveTo(int target) => Volatile.Write(ref _target, target);

    /// <summary>Holds back what the server says, from now on.</summary>
    public void HoldAnswers() => Hold(ref _holdAnswers);

    /// <summary>Holds back everything, in both directions: the network is silent.</summary>
    public void HoldAll()
    {
        Hold(ref _holdRequests);
        Hold(ref _holdAnswers);
    }

    /// <summary>Lets go what was held back.</summary>
    public void LetGo()
    {
        TaskCompletionSource?[] held;
        lock (_gate)
        {
            held = [_holdRequests, _holdAnswers];
            (_holdRequests, _holdAnswers) = (null, null);
        }

        foreach (var gate in held)
        {
            gate?.TrySetResult();
        }
    }

    /// <summary>Resets all connections; what was held back is lost.</summary>
    public void Cut()
    {
        lock (_gate)
        {
            foreach (var socket in _sockets)
            {
                Reset(socket);
            }

            _sockets.Clear();
        }

        LetGo();
    }

    /// <summary>New connections are closed at once, or served again.</summary>
    public void Refuse(bool refuses) => Volatile.Write(ref _refuses, refuses);

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Stop();
        Cut();
        await _accepting;
        _stop.Dispose();
    }

    private static void Reset(Socket socket)
    {
        try
        {
            socket.LingerState = new LingerOption(enable: true, seconds: 0);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // Its connection ended by itself.
        }

        socket.Dispose();
    }

    private void Hold(ref TaskCompletionSource? gate)
    {
        lock (_gate)
        {
            gate ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                var client = await _listener.AcceptSocketAsync(_stop.Token);
                var server = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
                lock (_gate)
                {
                    _sockets.AddRange([client, server]);
                }

                _ = ServeAsync(client, server);
            }
        }
        catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException or SocketException)
        {
            // The end of the relay.
        }
    }

    private async Task ServeAsync(Socket client, Socket server)
    {
        try
        {
            if (!Volatile.Read(ref _refuses))
            {
                await server.ConnectAsync(IPAddress.Loopback, Volatile.Read(ref _target));
                (client.NoDelay, server.NoDelay) = (true, true);
                await Task.WhenAny(
                    CopyAsync(client, server, () => Volatile.Read(ref _holdRequests)),
                    CopyAsync(server, client, () => Volatile.Read(ref _holdAnswers)));
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // Either side is gone; the other is told by closing.
        }

        client.Dispose();
        server.Dispose();
    }

    private static async Task CopyAsync(Socket from, Socket to, Func<TaskCompletionSource?> gate)
    {
        var buffer = new byte[64 * 1024];
        while (await from.ReceiveAsync(buffer) is var length && length > 0)
        {
            while (gate() is { } held)
            {
                await held.Task;
            }

            for (var sent = 0; sent < length;)
            {
                sent += await to.SendAsync(buffer.AsMemory(sent, length - sent));
            }
        }
    }
}
