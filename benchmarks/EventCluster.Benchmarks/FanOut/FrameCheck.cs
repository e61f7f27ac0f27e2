using System.Text;
using EventCluster.Benchmarks.Http;

namespace EventCluster.Benchmarks.FanOut;

/// <summary>Checks the frames in a chunked body of native framing: no gap, no duplicate, none of another size.</summary>
public sealed class FrameCheck : ILiveCheck
{
    private const int FrameBytes = 4 + 20 + 1 + 6 + Payloads.EventBytes + 2;
    private const int IdStart = 4;
    private const int IdBytes = 20;

    private readonly byte[] _carry = new byte[FrameBytes];
    private int _carried;
    private int _left;
    private bool _isPrimed;
    private long _count;

    /// <inheritdoc />
    public bool IsReady => _isPrimed;

    /// <inheritdoc />
    public long Count => Volatile.Read(ref _count);

    /// <inheritdoc />
    public long LastSequence { get; private set; }

    /// <inheritdoc />
    public int Feed(ReadOnlySpan<byte> bytes)
    {
        var used = 0;
        while (used < bytes.Length)
        {
            if (_left == 0)
            {
                var header = TakeChunkHeader(bytes[used..]);
                if (header == 0)
                {
                    break;
                }

                used += header;
                continue;
            }

            var piece = bytes.Slice(used, Math.Min(_left, bytes.Length - used));
            var taken = TakeBody(piece);
            used += taken;
            _left -= taken;
        }

        return used;
    }

    private int TakeBody(ReadOnlySpan<byte> piece)
    {
        if (!_isPrimed)
        {
            return TakePriming(piece);
        }

        var taken = 0;
        if (_carried > 0)
        {
            taken = Math.Min(FrameBytes - _carried, piece.Length);
            piece[..taken].CopyTo(_carry.AsSpan(_carried));
            _carried += taken;
            if (_carried < FrameBytes)
            {
                return taken;
            }

            _carried = 0;
            Check(_carry);
        }

        while (piece.Length - taken >= FrameBytes)
        {
            Check(piece.Slice(taken, FrameBytes));
            taken += FrameBytes;
        }

        _carried = piece.Length - taken;
        piece[taken..].CopyTo(_carry);
        return piece.Length;
    }

    private int TakePriming(ReadOnlySpan<byte> piece)
    {
        // "id: OFFSET\nretry: N\n\n" comes in one piece with the headers.
        var end = piece.IndexOf("\n\n"u8);
        if (end < 0 || !piece.StartsWith("id: "u8))
        {
            throw new InvalidDataException($"Not a first frame: {Encoding.ASCII.GetString(piece)}");
        }

        LastSequence = HttpAnswer.SequenceOf(piece.Slice(IdStart, IdBytes));
        _isPrimed = true;
        return end + 2;
    }

    private void Check(ReadOnlySpan<byte> frame)
    {
        var sequence = HttpAnswer.SequenceOf(frame.Slice(IdStart, IdBytes));
        if (sequence != LastSequence + 1 || !frame.StartsWith("id: "u8) || !frame.EndsWith("\"}\n\n"u8))
        {
            throw new InvalidDataException($"After {LastSequence} came: {Encoding.ASCII.GetString(frame)}");
        }

        LastSequence = sequence;
        Volatile.Write(ref _count, _count + 1);
    }

    /// <summary>Takes "\r\n" of the chunk before and "SIZE\r\n"; 0 when it is not complete yet.</summary>
    private int TakeChunkHeader(ReadOnlySpan<byte> bytes)
    {
        var start = bytes.StartsWith("\r\n"u8) ? 2 : 0;
        var end = bytes[start..].IndexOf("\r\n"u8);
        if (end < 0 || (start == 0 && bytes[0] == '\r'))
        {
            return 0;
        }

        foreach (var digit in bytes.Slice(start, end))
        {
            _left = (_left << 4) | (digit <= (byte)'9' ? digit - '0' : (digit | 0x20) - 'a' + 10);
        }

        return start + end + 2;
    }
}
