using System.Net;
using System.Net.Sockets;

namespace EventCluster.TestKit.Network;

/// <summary>One connection through a <see cref="FaultProxy"/>.</summary>
internal sealed class ProxiedConnection(Socket client, IPEndPoint target, FaultPlan plan, string label) : IDisposable
{
    private readonly Socket _server = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
    private readonly CancellationTokenSource _over = new();
    private volatile DarkConnection? _dark;
    private volatile bool _isConnected;

    /// <summary>Set when nothing passes any more, and nobody knows.</summary>
    public DarkConnection? Dark => _dark;

    /// <summary>Runs until both ends are closed, or the connection is dark.</summary>
    public async Task RunAsync()
    {
        try
        {
            client.NoDelay = true;
            _server.Bind(new IPEndPoint(plan.Source, 0));
            await _server.ConnectAsync(target, _over.Token);
            _isConnected = true;
            await Task.WhenAll(CopyAsync(client, _server, []), CopyAsync(_server, client, plan.Steps));
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException or ObjectDisposedException)
        {
            // One end is gone, or both were cut on purpose.
        }

        if (_dark is null)
        {
            Dispose();
        }
    }

    /// <summary>Cuts the connection so that neither end hears of it.</summary>
    public void Darken()
    {
        if (_isConnected && PacketFilter.TryDropAll(_server))
        {
            _dark = new DarkConnection(label, _server.LocalEndPoint!);
            _over.Cancel();
        }
    }

    public void Dispose()
    {
        _over.Cancel();
        client.Dispose();
        _server.Dispose();
    }

    private async Task CopyAsync(Socket from, Socket to, IReadOnlyList<FaultStep> steps)
    {
        var buffer = new byte[plan.ChunkBytes];
        var (passed, next) = (0L, 0);
        while (true)
        {
            var room = next < steps.Count ? (int)Math.Min(buffer.Length, steps[next].AfterBytes - passed) : buffer.Length;
            var read = await from.ReceiveAsync(buffer.AsMemory(0, Math.Max(1, room)), _over.Token);
            if (read == 0)
            {
                to.Shutdown(SocketShutdown.Send);
                return;
            }

            for (var sent = 0; sent < read;)
            {
                sent += await to.SendAsync(buffer.AsMemory(sent, read - sent), _over.Token);
            }

            passed += read;
            while (next < steps.Count && passed >= steps[next].AfterBytes)
            {
                await ApplyAsync(steps[next++]);
            }
        }
    }

    private async Task ApplyAsync(FaultStep step)
    {
        switch (step.Kind)
        {
            case FaultKind.Stall:
                await Task.Delay(step.Pause, TimeProvider.System, _over.Token);
                return;
            case FaultKind.BlackHole:
                Darken();
                break;
            case FaultKind.Reset:
                client.LingerState = new LingerOption(enable: true, seconds: 0);
                _server.LingerState = new LingerOption(enable: true, seconds: 0);
                break;
        }

        if (_dark is null)
        {
            Dispose();
        }

        _over.Token.ThrowIfCancellationRequested();
    }
}
