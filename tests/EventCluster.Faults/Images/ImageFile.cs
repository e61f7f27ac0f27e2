using EventCluster.Storage.LocalDisk.Disk;

namespace EventCluster.Faults.Images;

/// <summary>The bytes of one file. They are shared with an image until somebody writes, and then copied.</summary>
internal sealed class ImageFile(byte[] bytes, bool isShared) : IDiskFile
{
    private byte[] _bytes = bytes;
    private int _length = bytes.Length;
    private bool _isShared = isShared;

    public long Length => _length;

    /// <summary>True while nobody has written to it.</summary>
    public bool IsUntouched => _isShared;

    /// <summary>Length without the zeros at the end.</summary>
    public int Written => _bytes.AsSpan(0, _length).LastIndexOfAnyExcept((byte)0) + 1;

    public byte[] ToArray() => _isShared ? _bytes : _bytes.AsSpan(0, _length).ToArray();

    public ValueTask<int> ReadAsync(Memory<byte> buffer, long offset)
    {
        var count = (int)Math.Clamp(_length - offset, 0, buffer.Length);
        _bytes.AsSpan((int)Math.Min(offset, _length), count).CopyTo(buffer.Span);
        return new(count);
    }

    public ValueTask WriteAsync(IReadOnlyList<ReadOnlyMemory<byte>> buffers, long offset)
    {
        var end = (int)offset + buffers.Sum(buffer => buffer.Length);
        Own(Math.Max(end, _length));
        foreach (var buffer in buffers)
        {
            buffer.Span.CopyTo(_bytes.AsSpan((int)offset));
            offset += buffer.Length;
        }

        return ValueTask.CompletedTask;
    }

    public ValueTask FlushAsync() => ValueTask.CompletedTask;

    public ValueTask PreallocateAsync(long length)
    {
        if (length > _length)
        {
            Own((int)length);
        }

        return ValueTask.CompletedTask;
    }

    public ValueTask TruncateAsync(long length)
    {
        Own(Math.Max(_length, (int)length));
        _bytes.AsSpan((int)Math.Min(length, _length), Math.Max(0, _length - (int)length)).Clear();
        _length = (int)length;
        return ValueTask.CompletedTask;
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private void Own(int length)
    {
        if (_isShared || length > _bytes.Length)
        {
            var copy = new byte[length];
            _bytes.AsSpan(0, _length).CopyTo(copy);
            (_bytes, _isShared) = (copy, false);
        }

        _length = Math.Max(_length, length);
    }
}
