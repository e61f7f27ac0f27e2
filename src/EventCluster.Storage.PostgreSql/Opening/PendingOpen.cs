using EventCluster.Abstractions.Store;
using EventCluster.Protocol;

namespace EventCluster.Storage.PostgreSql.Opening;

/// <summary>A stream to be opened, and who waits for it.</summary>
/// <param name="name">The stream.</param>
/// <param name="since">When it came, a timestamp.</param>
/// <param name="cancellationToken">Nobody waits any more; it need not be opened if it was not sent.</param>
internal sealed class PendingOpen(StreamName name, long since, CancellationToken cancellationToken)
{
    private readonly TaskCompletionSource<OpenedStream?> _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>The stream.</summary>
    public StreamName Name => name;

    /// <summary>When it came, a timestamp.</summary>
    public long Since => since;

    /// <summary>Nobody waits any more.</summary>
    public bool IsCancelled => cancellationToken.IsCancellationRequested;

    /// <summary>The opened stream; null when there is none of this name.</summary>
    public Task<OpenedStream?> Task => _completion.Task;

    /// <summary>Answers.</summary>
    public void Complete(OpenedStream? opened) => _completion.TrySetResult(opened);

    /// <summary>Answers with what went wrong.</summary>
    public void Fail(Exception exception) => _completion.TrySetException(exception);
}
