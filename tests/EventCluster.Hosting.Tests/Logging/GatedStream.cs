using System.Text;

namespace EventCluster.Hosting.Tests.Logging;

/// <summary>An output that blocks until it is opened, as a pipe that nobody reads, and can fail, as a full disk.</summary>
internal sealed class GatedStream : Stream
{
    private readonly ManualResetEventSlim _open = new();
    private readonly StringBuilder _text = new();

    public bool Fails { get; set; }

    public string Text
    {
        get
        {
            lock (_text)
            {
                return _text.ToString();
            }
        }
    }

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public void Open() => _open.Set();

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        _open.Wait();
        if (Fails)
        {
            throw new IOException("No space left on device");
        }

        lock (_text)
        {
            _text.Append(Encoding.UTF8.GetString(buffer));
        }
    }

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override void Flush()
    {
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();
}
