using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace EventCluster.Benchmarks.FanOut;

/// <summary>
/// A reader that follows the tail. All frames have one size, so checking an event costs a few comparisons: each
/// must be the one after the last, in full.
/// </summary>
public sealed class LiveReader(LiveTransport transport, string path, int bufferBytes, Func<long, long>? sentAt = null) : IDisposable
{
    private readonly byte[] _buffer = new byte[bufferBytes];
    private readonly ILiveCheck _check = transport.NewCheck();
    private Socket? _socket;
    private int _filled;

    /// <summary>Events seen, all in order.</summary>
    public long Count => _check.Count;

    /// <summary>Latencies, when the reader knows when events were sent.</summary>
    public Running.LatencyHistogram Latencies { get; } = new();

    /// <summary>True while latencies count.</summary>
    public bool IsMeasuring { get; set; }

    /// <summary>Connects and waits for the first frame, which tells the position.</summary>
    public async Task ConnectAsync(IPEndPoint server)
    {
        _socket = new Socket(server.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await _socket.ConnectAsync(server);
        await _socket.SendAsync(Encoding.ASCII.GetBytes(transport.Request(path, server)));
        var body = -1;
        while (body < 0)
        {
            _filled += await ReceiveAsync();
            body = _buffer.AsSpan(0, _filled).IndexOf("\r\n\r\n"u8);
        }

        if (!_buffer.AsSpan().StartsWith(Encoding.ASCII.GetBytes(transport.Status)))
        {
            throw new InvalidDataException(Encoding.ASCII.GetString(_buffer, 0, _filled));
        }

        Consume(body + 4);
        while (!_check.IsReady)
        {
            _filled += await ReceiveAsync();
            Consume(0);
        }
    }

    /// <summary>Reads until the socket is closed.</summary>
    public async Task RunAsync()
    {
        try
        {
            while (true)
            {
                _filled += await ReceiveAsync();
                Consume(0);
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The round is over.
        }
    }

    /// <inheritdoc />
    public void Dispose() => _socket?.Dispose();

    private async ValueTask<int> ReceiveAsync()
    {
        var read = await _socket!.ReceiveAsync(_buffer.AsMemory(_filled));
        return read > 0 ? read : throw new SocketException((int)SocketError.ConnectionReset);
    }

    private void Consume(int from)
    {
        var before = _check.Count;
        var used = from + _check.Feed(_buffer.AsSpan(from, _filled - from));
        _filled -= used;
        _buffer.AsSpan(used, _filled).CopyTo(_buffer);
        if (sentAt is null || !IsMeasuring)
        {
            return;
        }

        var now = Stopwatch.GetTimestamp();
        for (var sequence = _check.LastSequence - (_check.Count - before) + 1; sequence <= _check.LastSequence; sequence++)
        {
            Latencies.Record(Math.Max(0, now - sentAt(sequence)));
        }
    }
}
