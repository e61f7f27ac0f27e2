namespace EventCluster.Benchmarks.Http;

/// <summary>Takes chunk headers out of a chunked body, whatever the pieces it arrives in.</summary>
public sealed class ChunkedBody
{
    private long _left;
    private long _size;
    private bool _inHeader = true;
    private int _separators;

    /// <summary>Hands the payload in these bytes to the verifier.</summary>
    public void Feed(ReadOnlySpan<byte> bytes, SseVerifier verifier)
    {
        while (!bytes.IsEmpty)
        {
            if (_inHeader)
            {
                bytes = ReadHeader(bytes);
                continue;
            }

            if (_left > 0)
            {
                var piece = bytes[..(int)Math.Min(_left, bytes.Length)];
                verifier.Feed(piece);
                _left -= piece.Length;
                bytes = bytes[piece.Length..];
                continue;
            }

            // The line break after a chunk.
            bytes = bytes[1..];
            if (++_separators == 2)
            {
                (_inHeader, _separators, _size) = (true, 0, 0);
            }
        }
    }

    private ReadOnlySpan<byte> ReadHeader(ReadOnlySpan<byte> bytes)
    {
        var at = 0;
        while (at < bytes.Length)
        {
            var c = bytes[at++];
            if (c == '\n')
            {
                (_inHeader, _left) = (false, _size);
                break;
            }

            if (c != '\r')
            {
                _size = (_size << 4) | (uint)(c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10);
            }
        }

        return bytes[at..];
    }
}
