using System.Buffers;

namespace EventCluster.Edge.Live;

/// <summary>
/// Small writes into a pipe, gathered per memory segment: each call to a response's pipe takes its lock, which would cost
/// more than copying an event.
/// </summary>
internal ref struct PipeBuffer(IBufferWriter<byte> output)
{
    private Span<byte> _segment;
    private int _used;

    /// <summary>Bytes written.</summary>
    public int Written { get; private set; }

    public void Write(byte value)
    {
        if (_used == _segment.Length)
        {
            TakeSegment();
        }

        _segment[_used++] = value;
        Written++;
    }

    public void Write(scoped ReadOnlySpan<byte> bytes)
    {
        Written += bytes.Length;
        while (bytes.Length > _segment.Length - _used)
        {
            var part = _segment.Length - _used;
            bytes[..part].CopyTo(_segment[_used..]);
            _used += part;
            bytes = bytes[part..];
            TakeSegment();
        }

        bytes.CopyTo(_segment[_used..]);
        _used += bytes.Length;
    }

    /// <summary>Hands everything to the pipe. Call before the buffer goes out of sight.</summary>
    public void Commit()
    {
        if (_used > 0)
        {
            output.Advance(_used);
        }

        _segment = default;
        _used = 0;
    }

    private void TakeSegment()
    {
        Commit();
        _segment = output.GetSpan(1);
    }
}
