using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace EventCluster.Benchmarks.Wire;

/// <summary>A client's TCP connection that counts what it carries. Segments are as small as on Ethernet, not as on loopback.</summary>
public sealed class WireSocket : IDisposable
{
    private const int TcpLevel = 6;
    private const int MaximumSegment = 2;
    private const int TcpInfo = 11;
    private const int EthernetSegment = 1448;
    private const int InfoBytes = 192;
    private const int SegmentsOut = 136;
    private const int SegmentsIn = 140;

    private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
    private readonly byte[] _buffer = new byte[64 * 1024];
    private long _up;
    private long _down;

    /// <summary>Everything since the connection was opened.</summary>
    public WireCost Cost
    {
        get
        {
            Span<byte> info = stackalloc byte[InfoBytes];
            _socket.GetRawSocketOption(TcpLevel, TcpInfo, info);
            return new WireCost(
                Volatile.Read(ref _up),
                Volatile.Read(ref _down),
                BinaryPrimitives.ReadUInt32LittleEndian(info[SegmentsOut..]),
                BinaryPrimitives.ReadUInt32LittleEndian(info[SegmentsIn..]));
        }
    }

    /// <summary>Connects.</summary>
    public async Task ConnectAsync(IPEndPoint server)
    {
        Span<byte> segment = stackalloc byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(segment, EthernetSegment);
        _socket.SetRawSocketOption(TcpLevel, MaximumSegment, segment);
        await _socket.ConnectAsync(server);
    }

    /// <summary>Sends all bytes.</summary>
    public async ValueTask SendAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        while (!bytes.IsEmpty)
        {
            var sent = await _socket.SendAsync(bytes, cancellationToken);
            Interlocked.Add(ref _up, sent);
            bytes = bytes[sent..];
        }
    }

    /// <summary>Receives some bytes, which are valid until the next call.</summary>
    public async ValueTask<Memory<byte>> ReceiveAsync(CancellationToken cancellationToken)
    {
        var received = await _socket.ReceiveAsync(_buffer, cancellationToken);
        Interlocked.Add(ref _down, received);
        return received > 0 ? _buffer.AsMemory(0, received) : throw new InvalidDataException("The server closed the connection.");
    }

    /// <inheritdoc />
    public void Dispose() => _socket.Dispose();
}
