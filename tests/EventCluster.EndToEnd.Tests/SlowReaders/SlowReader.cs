using System.Net;
using System.Net.Sockets;
using EventCluster.Protocol;

namespace EventCluster.EndToEnd.Tests.SlowReaders;

/// <summary>An EventSource behind a thin line: a small receive buffer that is emptied slowly, until it is released.</summary>
internal sealed class SlowReader : IDisposable
{
    private const int ReceiveBufferBytes = 4096;
    private const int BytesPerTurn = 1024;

    private readonly HttpClient _client;
    private readonly byte[] _buffer = new byte[64 * 1024];
    private readonly byte[] _line = new byte[64];
    private Stream? _body;
    private int _lineLength;

    public SlowReader() => _client = new HttpClient(new SocketsHttpHandler { ConnectCallback = ConnectAsync })
    {
        Timeout = Timeout.InfiniteTimeSpan,
    };

    /// <summary>Its port, by which the kernel's table of connections knows it.</summary>
    public int Port { get; private set; }

    /// <summary>The position after the last event, each exactly one after the one before.</summary>
    public long Sequence { get; private set; } = -1;

    public async Task OpenAsync(Uri url, CancellationToken cancellationToken) =>
        _body = await _client.GetStreamAsync(url, cancellationToken);

    /// <summary>Reads up to 1 KB.</summary>
    public Task ReadLittleAsync(CancellationToken cancellationToken) => ReadAsync(BytesPerTurn, cancellationToken);

    /// <summary>Reads at full speed up to a position.</summary>
    public async Task ReadToAsync(long sequence, CancellationToken cancellationToken)
    {
        while (Sequence < sequence)
        {
            await ReadAsync(_buffer.Length, cancellationToken);
        }
    }

    public void Dispose()
    {
        _body?.Dispose();
        _client.Dispose();
    }

    private async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellationToken)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { ReceiveBufferSize = ReceiveBufferBytes };
        await socket.ConnectAsync(context.DnsEndPoint, cancellationToken);
        Port = ((IPEndPoint)socket.LocalEndPoint!).Port;
        return new NetworkStream(socket, ownsSocket: true);
    }

    private async Task ReadAsync(int bytes, CancellationToken cancellationToken)
    {
        var read = await _body!.ReadAsync(_buffer.AsMemory(0, bytes), cancellationToken);
        if (read == 0)
        {
            throw new EndOfStreamException($"The server ended the stream after {Sequence}.");
        }

        Consume(_buffer.AsSpan(0, read));
    }

    private void Consume(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            var end = bytes.IndexOf((byte)'\n');
            var part = end < 0 ? bytes : bytes[..end];

            // Only the beginning of a line counts here: ids are short.
            var kept = part[..Math.Min(part.Length, _line.Length - _lineLength)];
            kept.CopyTo(_line.AsSpan(_lineLength));
            _lineLength += kept.Length;
            if (end < 0)
            {
                return;
            }

            TakeLine(_line.AsSpan(0, _lineLength));
            _lineLength = 0;
            bytes = bytes[(end + 1)..];
        }
    }

    private void TakeLine(ReadOnlySpan<byte> line)
    {
        if (!line.StartsWith("id: "u8))
        {
            return;
        }

        var sequence = StreamOffset.Parse(System.Text.Encoding.ASCII.GetString(line[4..])).Sequence;
        if (Sequence >= 0 && sequence != Sequence + 1)
        {
            throw new InvalidDataException($"After {Sequence} came {sequence}.");
        }

        Sequence = sequence;
    }
}
