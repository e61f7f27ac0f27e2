using System.Net;
using System.Net.Sockets;
using EventCluster.Benchmarks.Clients;

namespace EventCluster.Benchmarks.SlowReaders;

/// <summary>A reader that takes 1 KB a second, through the smallest receive buffer that the system gives.</summary>
public sealed class SlowReader(LiveTransport transport, string stream, int bytesPerSecond) : IDisposable
{
    private const int TimesPerSecond = 4;
    private const int ReceiveBufferBytes = 4 * 1024;

    private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp)
    {
        ReceiveBufferSize = ReceiveBufferBytes,
    };

    /// <summary>Bytes taken.</summary>
    public long Taken { get; private set; }

    /// <summary>Connects and asks for the stream.</summary>
    public async Task ConnectAsync(IPEndPoint server)
    {
        await _socket.ConnectAsync(server);
        await _socket.SendAsync(transport.Request(stream, null));
    }

    /// <summary>Reads slowly until it is cancelled; the server must never cut it off for that.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var buffer = new byte[bytesPerSecond / TimesPerSecond];
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(1) / TimesPerSecond, TimeProvider.System);
        try
        {
            while (await timer.WaitForNextTickAsync(cancellationToken))
            {
                var read = await _socket.ReceiveAsync(buffer, cancellationToken);
                Taken += read > 0 ? read : throw new InvalidDataException("A slow reader was cut off.");
            }
        }
        catch (OperationCanceledException)
        {
            // The round is over.
        }
    }

    /// <inheritdoc />
    public void Dispose() => _socket.Dispose();
}
