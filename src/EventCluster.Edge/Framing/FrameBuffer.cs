using System.Buffers;
using System.Buffers.Text;
using EventCluster.Protocol;

namespace EventCluster.Edge.Framing;

/// <summary>A growing buffer of frames; its array comes from the pool and goes back with <see cref="Dispose"/>.</summary>
internal sealed class FrameBuffer(int capacity) : IDisposable
{
    private byte[] _bytes = ArrayPool<byte>.Shared.Rent(capacity);

    /// <summary>Bytes written.</summary>
    public int Length { get; private set; }

    /// <summary>What was written.</summary>
    public ReadOnlySpan<byte> Written => _bytes.AsSpan(0, Length);

    public void Write(ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(Reserve(bytes.Length));
        Length += bytes.Length;
    }

    public void WriteOffset(StreamOffset offset)
    {
        offset.TryFormat(Reserve(StreamOffset.TextLength), out var written);
        Length += written;
    }

    public void WriteBase64(ReadOnlySpan<byte> bytes)
    {
        Base64.EncodeToUtf8(bytes, Reserve(Base64.GetMaxEncodedToUtf8Length(bytes.Length)), out _, out var written);
        Length += written;
    }

    /// <summary>
    /// Writes text of an event-stream field. CR, LF and CRLF become a new <c>data:</c> line, so that no payload can end a
    /// field or forge one (WHATWG 9.2.6).
    /// </summary>
    public void WriteLines(ReadOnlySpan<byte> text)
    {
        while (true)
        {
            var end = text.IndexOfAny((byte)'\r', (byte)'\n');
            if (end < 0)
            {
                Write(text);
                return;
            }

            Write(text[..end]);
            Write("\ndata: "u8);
            text = text[end] == '\r' && end + 1 < text.Length && text[end + 1] == '\n' ? text[(end + 2)..] : text[(end + 1)..];
        }
    }

    public void Dispose()
    {
        ArrayPool<byte>.Shared.Return(_bytes);
        _bytes = [];
    }

    private Span<byte> Reserve(int bytes)
    {
        if (_bytes.Length - Length < bytes)
        {
            var larger = ArrayPool<byte>.Shared.Rent(Math.Max(_bytes.Length * 2, Length + bytes));
            Written.CopyTo(larger);
            ArrayPool<byte>.Shared.Return(_bytes);
            _bytes = larger;
        }

        return _bytes.AsSpan(Length);
    }
}
