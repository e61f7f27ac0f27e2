using System.IO.Pipelines;
using Microsoft.AspNetCore.Http.Features;

namespace EventCluster.Edge.Tests.Pumping;

/// <summary>A response body that a test reads at its own pace, behind a buffer with a bound.</summary>
internal sealed class PipeBody : IHttpResponseBodyFeature
{
    private readonly Pipe _pipe;

    public PipeBody(int pauseAt)
    {
        _pipe = new Pipe(new PipeOptions(pauseWriterThreshold: pauseAt, resumeWriterThreshold: Math.Max(1, pauseAt / 2)));
        Writer = new CountingWriter(_pipe.Writer, this);
    }

    /// <summary>Bytes that the server wrote.</summary>
    public long Written { get; private set; }

    /// <summary>Called at each flush that carries bytes.</summary>
    public Action? OnFlush { get; set; }

    public Stream Stream => throw new NotSupportedException();

    public PipeWriter Writer { get; }

    public PipeReader Reader => _pipe.Reader;

    public void DisableBuffering()
    {
    }

    public Task StartAsync(CancellationToken cancellationToken = default) => Task.CompletedTask;

    public Task SendFileAsync(string path, long offset, long? count, CancellationToken cancellationToken = default) =>
        throw new NotSupportedException();

    public Task CompleteAsync() => Task.CompletedTask;

    private sealed class CountingWriter(PipeWriter inner, PipeBody body) : PipeWriter
    {
        private long _unflushed;

        public override void Advance(int bytes)
        {
            inner.Advance(bytes);
            _unflushed += bytes;
        }

        public override Memory<byte> GetMemory(int sizeHint = 0) => inner.GetMemory(sizeHint);

        public override Span<byte> GetSpan(int sizeHint = 0) => inner.GetSpan(sizeHint);

        public override void CancelPendingFlush() => inner.CancelPendingFlush();

        public override void Complete(Exception? exception = null) => inner.Complete(exception);

        public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default)
        {
            if (_unflushed > 0)
            {
                body.OnFlush?.Invoke();
                body.Written += _unflushed;
                _unflushed = 0;
            }

            return inner.FlushAsync(cancellationToken);
        }
    }
}
