using System.IO.Pipelines;

namespace EventCluster.Edge.SignalR;

/// <summary>
/// What a SignalR client is sent. SignalR writes a message whole before it looks whether there is room, so the beginning of a
/// large item is written as a message, and the rest of it while that message is flushed: nothing else is written then.
/// </summary>
internal sealed class HubOutput(PipeWriter inner) : PipeWriter
{
    private HubParts? _parts;
    private ReadOnlyMemory<byte> _tail;

    /// <inheritdoc />
    public override bool CanGetUnflushedBytes => inner.CanGetUnflushedBytes;

    /// <inheritdoc />
    public override long UnflushedBytes => inner.UnflushedBytes;

    /// <summary>The message that was begun goes on with these parts, at its flush.</summary>
    public void GoOnWith(HubParts parts, ReadOnlyMemory<byte> tail) => (_parts, _tail) = (parts, tail);

    /// <inheritdoc />
    public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default)
    {
        if (_parts is not { } parts)
        {
            return inner.FlushAsync(cancellationToken);
        }

        _parts = null;
        return parts.WriteToAsync(inner, _tail);
    }

    /// <inheritdoc />
    public override ValueTask<FlushResult> WriteAsync(ReadOnlyMemory<byte> source, CancellationToken cancellationToken = default) =>
        inner.WriteAsync(source, cancellationToken);

    /// <inheritdoc />
    public override Memory<byte> GetMemory(int sizeHint = 0) => inner.GetMemory(sizeHint);

    /// <inheritdoc />
    public override Span<byte> GetSpan(int sizeHint = 0) => inner.GetSpan(sizeHint);

    /// <inheritdoc />
    public override void Advance(int bytes) => inner.Advance(bytes);

    /// <inheritdoc />
    public override void CancelPendingFlush() => inner.CancelPendingFlush();

    /// <inheritdoc />
    public override void Complete(Exception? exception = null) => inner.Complete(exception);

    /// <inheritdoc />
    public override ValueTask CompleteAsync(Exception? exception = null) => inner.CompleteAsync(exception);
}
