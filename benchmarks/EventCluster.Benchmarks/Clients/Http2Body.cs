using System.Buffers.Binary;

namespace EventCluster.Benchmarks.Clients;

/// <summary>The response of the first stream of an HTTP/2 connection, out of the connection's frames.</summary>
public sealed class Http2Body : IBody
{
    /// <summary>Bytes before a frame's payload.</summary>
    public const int HeaderBytes = 9;

    private const byte Ack = 1;
    private const byte Ok = 0x88;

    // RFC 7541, 6.3: a change of the table of fields.
    private const byte TableSizeMask = 0xe0;
    private const byte TableSizeUpdate = 0x20;

    private readonly byte[] _header = new byte[HeaderBytes];
    private readonly byte[] _control = new byte[8];
    private readonly List<byte> _reply = [];
    private int _inHeader;
    private int _left;
    private int _length;

    /// <inheritdoc />
    public int Decode(Span<byte> received)
    {
        var (from, to) = (0, 0);
        while (from < received.Length)
        {
            if (_inHeader < HeaderBytes)
            {
                _header[_inHeader++] = received[from++];
                if (_inHeader == HeaderBytes)
                {
                    _left = _length = (_header[0] << 16) | BinaryPrimitives.ReadUInt16BigEndian(_header.AsSpan(1));
                    EndFrame();
                }

                continue;
            }

            var piece = received.Slice(from, Math.Min(_left, received.Length - from));
            if ((Http2Frame)_header[3] == Http2Frame.Data)
            {
                piece.CopyTo(received[to..]);
                to += piece.Length;
            }
            else
            {
                Keep(piece);
            }

            (from, _left) = (from + piece.Length, _left - piece.Length);
            EndFrame();
        }

        return to;
    }

    /// <inheritdoc />
    public ReadOnlyMemory<byte> TakeReply()
    {
        if (_reply.Count == 0)
        {
            return default;
        }

        var reply = _reply.ToArray();
        _reply.Clear();
        return reply;
    }

    private void Keep(ReadOnlySpan<byte> piece)
    {
        var at = _length - _left;
        for (var i = 0; i < piece.Length && at + i < _control.Length; i++)
        {
            _control[at + i] = piece[i];
        }
    }

    /// <summary>The first field of a header block; a server that keeps no table of fields says so before it.</summary>
    private byte FirstField()
    {
        var at = 0;
        while (at < _control.Length - 1 && (_control[at] & TableSizeMask) == TableSizeUpdate)
        {
            at++;
        }

        return _control[at];
    }

    private void EndFrame()
    {
        if (_left > 0)
        {
            return;
        }

        _inHeader = 0;
        switch ((Http2Frame)_header[3])
        {
            case Http2Frame.Settings when (_header[4] & Ack) == 0:
                _reply.AddRange(Http2Request.Frame(Http2Frame.Settings, Ack, 0, []));
                break;
            case Http2Frame.Ping when (_header[4] & Ack) == 0:
                _reply.AddRange(Http2Request.Frame(Http2Frame.Ping, Ack, 0, _control));
                break;
            case Http2Frame.Headers when FirstField() != Ok:
                throw new InvalidDataException("The HTTP/2 stream was not answered with 200.");
            case Http2Frame.ResetStream or Http2Frame.GoAway:
                throw new InvalidDataException("The server ended the HTTP/2 stream.");
        }
    }
}
