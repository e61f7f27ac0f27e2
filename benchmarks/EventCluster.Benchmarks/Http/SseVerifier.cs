namespace EventCluster.Benchmarks.Http;

/// <summary>Counts the events of a native EventSource body; each must be the next one and carry its own offset.</summary>
public sealed class SseVerifier
{
    private readonly byte[] _carry = new byte[4096];
    private int _carried;
    private long _lastId;

    /// <summary>Events seen, all in order.</summary>
    public long Count { get; private set; }

    /// <summary>Reads a piece of the body.</summary>
    public void Feed(ReadOnlySpan<byte> bytes)
    {
        while (bytes.IndexOf((byte)'\n') is var end && end >= 0)
        {
            if (_carried > 0)
            {
                bytes[..end].CopyTo(_carry.AsSpan(_carried));
                ReadLine(_carry.AsSpan(0, _carried + end));
                _carried = 0;
            }
            else
            {
                ReadLine(bytes[..end]);
            }

            bytes = bytes[(end + 1)..];
        }

        bytes.CopyTo(_carry.AsSpan(_carried));
        _carried += bytes.Length;
    }

    private void ReadLine(ReadOnlySpan<byte> line)
    {
        if (line.StartsWith("data: "u8))
        {
            var number = Payloads.NumberOf(line[6..]);
            if (number != Count || _lastId != Count + 1 || line.Length != Payloads.EventBytes + 6)
            {
                throw new InvalidDataException($"Event {number} with offset {_lastId} came where {Count} was due.");
            }

            Count++;
        }
        else if (line.StartsWith("id: "u8))
        {
            _lastId = HttpAnswer.SequenceOf(line[4..]);
        }
        else if (line.StartsWith("event: "u8))
        {
            throw new InvalidDataException("A gap or an end came into the replay.");
        }
    }
}
