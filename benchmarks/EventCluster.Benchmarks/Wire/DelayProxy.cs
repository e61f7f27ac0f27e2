using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Threading.Channels;

namespace EventCluster.Benchmarks.Wire;

/// <summary>
/// A mobile network in user space: each direction takes half of the round trip, and now and then a segment is late, as
/// if it had been lost and sent again. Whatever follows it waits, as TCP makes it wait.
/// </summary>
public sealed class DelayProxy : IAsyncDisposable
{
    private const int SegmentBytes = 1_448;

    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _end = new();
    private readonly List<Task> _running = [];
    private readonly IPEndPoint _server;
    private readonly DelayProfile _profile;
    private readonly Random _random;
    private readonly Task _accepting;

    /// <summary>Begins to listen.</summary>
    public DelayProxy(IPEndPoint server, DelayProfile profile)
    {
        (_server, _profile, _random) = (server, profile, new Random(profile.Seed));
        _listener.Start();
        _accepting = AcceptAsync();
    }

    /// <summary>Where clients connect.</summary>
    public IPEndPoint EndPoint => (IPEndPoint)_listener.LocalEndpoint;

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        _listener.Dispose();
        await _accepting;
        await Task.WhenAll(_running);
        _end.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                _running.Add(CarryAsync(await _listener.AcceptSocketAsync(_end.Token)));
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // The end.
        }
    }

    private async Task CarryAsync(Socket client)
    {
        using var server = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        client.NoDelay = true;
        using (client)
        {
            await server.ConnectAsync(_server);
            await Task.WhenAny(CarryAsync(client, server), CarryAsync(server, client));
        }
    }

    private async Task CarryAsync(Socket from, Socket to)
    {
        var inFlight = Channel.CreateUnbounded<(byte[] Bytes, long DueAt)>();
        var delivering = DeliverAsync(inFlight.Reader, to);
        try
        {
            var last = 0L;
            var buffer = new byte[SegmentBytes];
            while (await from.ReceiveAsync(buffer, _end.Token) is var read && read > 0)
            {
                last = Math.Max(last, Stopwatch.GetTimestamp() + Delay());
                inFlight.Writer.TryWrite((buffer[..read], last));
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // One side left.
        }

        inFlight.Writer.Complete();
        await delivering;
    }

    private async Task DeliverAsync(ChannelReader<(byte[] Bytes, long DueAt)> inFlight, Socket to)
    {
        try
        {
            await foreach (var (bytes, dueAt) in inFlight.ReadAllAsync(_end.Token))
            {
                if (Stopwatch.GetElapsedTime(Stopwatch.GetTimestamp(), dueAt) is var left && left > TimeSpan.Zero)
                {
                    await Task.Delay(left, TimeProvider.System, _end.Token);
                }

                await to.SendAsync(bytes, _end.Token);
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // One side left.
        }
    }

    private long Delay()
    {
        bool isLate;
        lock (_random)
        {
            isLate = _random.NextDouble() < _profile.LateShare;
        }

        var delay = (_profile.RoundTrip / 2) + (isLate ? _profile.Late : TimeSpan.Zero);
        return (long)(delay.TotalSeconds * Stopwatch.Frequency);
    }
}
