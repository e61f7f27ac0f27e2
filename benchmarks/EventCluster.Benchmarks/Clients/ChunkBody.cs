namespace EventCluster.Benchmarks.Clients;

/// <summary>A chunked body.</summary>
public sealed class ChunkBody : IBody
{
    private int _left;
    private int _size;
    private bool _hasSize;

    /// <inheritdoc />
    public bool IsEnded { get; private set; }

    /// <inheritdoc />
    public int Decode(Span<byte> received)
    {
        var (from, to) = (0, 0);
        while (from < received.Length)
        {
            if (_left > 0)
            {
                var piece = Math.Min(_left, received.Length - from);
                received.Slice(from, piece).CopyTo(received[to..]);
                (from, to, _left) = (from + piece, to + piece, _left - piece);
                continue;
            }

            // "\r\n" ends the chunk before, "SIZE\r\n" begins the next one: a line feed after digits is the end of a header.
            var c = received[from++];
            if (c == '\n')
            {
                IsEnded |= _hasSize && _size == 0;
                (_left, _size, _hasSize) = (_size, 0, false);
            }
            else if (c != '\r')
            {
                _hasSize = true;
                _size = (_size << 4) | (c <= (byte)'9' ? c - '0' : (c | 0x20) - 'a' + 10);
            }
        }

        return to;
    }
}
