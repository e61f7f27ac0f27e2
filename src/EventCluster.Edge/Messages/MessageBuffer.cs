using System.Buffers;

namespace EventCluster.Edge.Messages;

/// <summary>
/// One frame while it is written: the payload grows behind the place of its header, whose length is known only at the end.
/// The array comes from the pool and goes back with <see cref="Dispose"/>.
/// </summary>
internal sealed class MessageBuffer : IBufferWriter<byte>, IDisposable
{
    private const int SmallestCapacity = 512;

    private byte[] _bytes = ArrayPool<byte>.Shared.Rent(SmallestCapacity);
    private int _end = WebSocketFrame.MaxHeaderBytes;

    /// <summary>Payload bytes written.</summary>
    public int Length => _end - WebSocketFrame.MaxHeaderBytes;

    /// <summary>The payload.</summary>
    public ReadOnlySpan<byte> Payload => _bytes.AsSpan(WebSocketFrame.MaxHeaderBytes, Length);

    /// <summary>The payload as a text frame.</summary>
    public ReadOnlySpan<byte> ToFrame()
    {
        var header = WebSocketFrame.HeaderBytes(Length);
        var start = WebSocketFrame.MaxHeaderBytes - header;
        WebSocketFrame.WriteHeader(_bytes.AsSpan(start, header), WebSocketFrame.Text, Length);
        return _bytes.AsSpan(start, header + Length);
    }

    /// <inheritdoc />
    public void Advance(int count) => _end += count;

    /// <inheritdoc />
    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        Reserve(sizeHint);
        return _bytes.AsMemory(_end);
    }

    /// <inheritdoc />
    public Span<byte> GetSpan(int sizeHint = 0)
    {
        Reserve(sizeHint);
        return _bytes.AsSpan(_end);
    }

    public void Dispose()
    {
        ArrayPool<byte>.Shared.Return(_bytes);
        _bytes = [];
    }

    private void Reserve(int bytes)
    {
        var wanted = _end + Math.Max(bytes, 1);
        if (_bytes.Length < wanted)
        {
            var larger = ArrayPool<byte>.Shared.Rent(Math.Max(2 * _bytes.Length, wanted));
            _bytes.AsSpan(0, _end).CopyTo(larger);
            ArrayPool<byte>.Shared.Return(_bytes);
            _bytes = larger;
        }
    }
}
