using EventCluster.Abstractions.Store;

namespace EventCluster.Storage.PostgreSql.Commits;

/// <summary>A commit on its way to the database.</summary>
/// <param name="commit">What is committed.</param>
/// <param name="since">When it came, a timestamp.</param>
internal sealed class PendingCommit(StreamCommit commit, long since)
{
    private readonly TaskCompletionSource<CommitStatus> _source = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public StreamCommit Commit { get; } = commit;

    /// <summary>When it came, a timestamp.</summary>
    public long Since => since;

    /// <summary>Bytes of block and state.</summary>
    public int Bytes { get; } = (commit.Block?.Encoded.Length ?? 0) + (commit.State?.Length ?? 0);

    /// <summary>The answer; a fault means that the outcome is unknown.</summary>
    public Task<CommitStatus> Task => _source.Task;

    public void Answer(CommitStatus status) => _source.TrySetResult(status);

    public void Fail(Exception exception)
    {
        _source.TrySetException(exception);

        // Who cancelled the wait never looks at it.
        _ = _source.Task.Exception;
    }
}
