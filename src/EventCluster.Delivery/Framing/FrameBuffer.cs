using System.Buffers;
using System.Buffers.Text;
using System.Text.Encodings.Web;
using EventCluster.Protocol;

namespace EventCluster.Delivery.Framing;

/// <summary>A growing buffer of frames; its array comes from the pool and goes back with <see cref="Dispose"/>.</summary>
internal sealed class FrameBuffer(int capacity) : IDisposable
{
    /// <summary>Fewest bytes that a part of a payload may be given.</summary>
    public const int SmallestPart = 16;

    /// <summary>Longest text that stands for a line end.</summary>
    private const int LongestSeparator = 7;

    private byte[] _bytes = ArrayPool<byte>.Shared.Rent(capacity);

    /// <summary>Bytes written.</summary>
    public int Length { get; private set; }

    /// <summary>What was written.</summary>
    public ReadOnlySpan<byte> Written => _bytes.AsSpan(0, Length);

    /// <summary>Forgets what was written and keeps the memory.</summary>
    public void Clear() => Length = 0;

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
    /// Writes the text of one event. CR, LF and CRLF become a new <c>data:</c> line, so that no payload can end a field or
    /// forge one (WHATWG 9.2.6).
    /// </summary>
    public void WriteLines(ReadOnlySpan<byte> text)
    {
        while (TakeLine(ref text, out var line))
        {
            Write(line);
            Write("\ndata: "u8);
        }

        Write(text);
    }

    /// <summary>
    /// Writes text that runs on in the next frame. Lines begin <c>data:</c> without the optional space, as the reference
    /// server writes them; where a line begins with a space, or is still to come, the space that readers drop is added.
    /// </summary>
    public void WriteRun(ReadOnlySpan<byte> text)
    {
        while (TakeLine(ref text, out var line))
        {
            Write(line);
            Write(text.IsEmpty || text[0] == ' ' ? "\ndata: "u8 : "\ndata:"u8);
        }

        Write(text);
    }

    /// <summary>Writes valid UTF-8 as the inside of a JSON string.</summary>
    public void WriteEscaped(ReadOnlySpan<byte> text)
    {
        const int LongestEscape = 12;
        while (!text.IsEmpty)
        {
            JavaScriptEncoder.UnsafeRelaxedJsonEscaping.EncodeUtf8(
                text, Reserve(text.Length + LongestEscape), out var read, out var written);
            Length += written;
            text = text[read..];
        }
    }

    /// <summary>Writes a payload from a place on, as far as a number of bytes has room for it.</summary>
    /// <param name="payload">The whole payload.</param>
    /// <param name="offset">The place, where an earlier part ended.</param>
    /// <param name="coding">How it stands in its frame.</param>
    /// <param name="maxBytes">Most bytes, at least <see cref="SmallestPart"/>.</param>
    /// <returns>Bytes of the payload that were written; at least one.</returns>
    public int WritePart(ReadOnlySpan<byte> payload, int offset, PayloadCoding coding, int maxBytes)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(maxBytes, SmallestPart);
        var rest = payload[offset..];
        switch (coding)
        {
            case PayloadCoding.Base64:
                // Whole groups of three, so that the next part goes on where this one ends.
                var groups = rest[..Math.Min(rest.Length, maxBytes / 4 * 3)];
                WriteBase64(groups);
                return groups.Length;
            case PayloadCoding.Escaped:
                JavaScriptEncoder.UnsafeRelaxedJsonEscaping.EncodeUtf8(rest, Reserve(maxBytes)[..maxBytes], out var read, out var written);
                Length += written;
                return read;
            case PayloadCoding.Raw:
                var part = rest[..Math.Min(rest.Length, maxBytes)];
                Write(part);
                return part.Length;
            default:
                return WriteLinesPart(rest, coding, maxBytes);
        }
    }

    public void Dispose()
    {
        ArrayPool<byte>.Shared.Return(_bytes);
        _bytes = [];
    }

    private int WriteLinesPart(ReadOnlySpan<byte> rest, PayloadCoding coding, int maxBytes)
    {
        var (all, last) = (rest.Length, Length + maxBytes - LongestSeparator);
        while (!rest.IsEmpty && Length < last)
        {
            var piece = rest[..Math.Min(rest.Length, last - Length)];
            var end = piece.IndexOfAny((byte)'\r', (byte)'\n');
            if (end < 0)
            {
                Write(piece);
                rest = rest[piece.Length..];
                continue;
            }

            var isPair = coding is PayloadCoding.Lines or PayloadCoding.Run
                && rest[end] == '\r' && end + 1 < rest.Length && rest[end + 1] == '\n';
            var isFeed = rest[end] == '\n';
            Write(piece[..end]);
            rest = rest[(end + (isPair ? 2 : 1))..];
            Write(coding switch
            {
                PayloadCoding.JsonSpaces => isFeed ? "\n"u8 : " "u8,
                PayloadCoding.Run when !rest.IsEmpty && rest[0] != ' ' => "\ndata:"u8,
                _ => "\ndata: "u8,
            });
        }

        return all - rest.Length;
    }

    private static bool TakeLine(ref ReadOnlySpan<byte> text, out ReadOnlySpan<byte> line)
    {
        var end = text.IndexOfAny((byte)'\r', (byte)'\n');
        line = end < 0 ? default : text[..end];
        if (end >= 0)
        {
            var isPair = text[end] == '\r' && end + 1 < text.Length && text[end + 1] == '\n';
            text = text[(end + (isPair ? 2 : 1))..];
        }

        return end >= 0;
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
