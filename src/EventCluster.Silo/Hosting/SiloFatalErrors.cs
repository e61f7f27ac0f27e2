using EventCluster.Hosting.Configuration;
using EventCluster.Orleans.Hosting;

namespace EventCluster.Silo.Hosting;

/// <summary>
/// The end of a silo that cannot go on: voted out by the others, or a broken part of the runtime. It ends at once, since what
/// it knows is not true any more, with one line of the log and an exit code instead of an abort with its stack.
/// </summary>
internal sealed partial class SiloFatalErrors(
    SiloVotes votes, ILocalSiloDetails silo, ILoggerFactory loggers, ILogger<SiloFatalErrors> logger) : IFatalErrorHandler
{
    /// <summary>How long the membership is asked who voted.</summary>
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(1);

    private readonly TaskCompletionSource<string> _failedStart = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private bool _hasJoined;
    private bool _isEnding;

    /// <summary>Completes with the reason when the runtime gives up before this node has joined: that is a fault of its start.</summary>
    public Task<string> FailedStart => _failedStart.Task;

    /// <summary>Why the start failed, once <see cref="FailedStart"/> is complete. Who was voted out while it joined only comes again.</summary>
    public async Task<RefusedStart> ExplainFailedStartAsync() =>
        await VotersAsync() is { Count: > 0 } voters
            ? new RefusedStart(
                $"this node {silo.Name} was voted out of the cluster by {string.Join(", ", voters)} while it joined, because it did not answer in "
                + "time; start it again",
                ExitCode.LeftCluster)
            : new RefusedStart($"this node cannot start: {await FailedStart}");

    /// <summary>From now on a fatal error ends the process; false when there was one before.</summary>
    public bool TryJoin()
    {
        Volatile.Write(ref _hasJoined, true);
        return !_failedStart.Task.IsCompleted;
    }

    /// <inheritdoc />
    public bool IsUnexpected(Exception exception) => exception is not (OperationCanceledException or ObjectDisposedException);

    /// <inheritdoc />
    public void OnFatalException(object? sender = null, string? context = null, Exception? exception = null)
    {
        if (!Volatile.Read(ref _hasJoined))
        {
            _failedStart.TrySetResult(exception?.GetBaseException().Message ?? context ?? "the runtime gives no reason");
        }
        else if (!Interlocked.Exchange(ref _isEnding, true))
        {
            _ = Task.Run(() => EndAsync(context, exception));
        }
    }

    private async Task EndAsync(string? context, Exception? exception)
    {
        try
        {
            if (await VotersAsync() is { Count: > 0 } voters)
            {
                LogVotedOut(logger, silo.Name, string.Join(", ", voters));
            }
            else
            {
                LogEnds(logger, silo.Name, exception?.Message ?? context ?? "the runtime gives no reason");
            }
        }
        finally
        {
            // Writes what waits in the log's queue.
            loggers.Dispose();
            Environment.Exit(ExitCode.LeftCluster);
        }
    }

    /// <summary>Who voted this node out; nobody when the membership cannot be read.</summary>
    private async Task<IReadOnlyList<string>> VotersAsync()
    {
        try
        {
            return await votes.AgainstAsync(silo.SiloAddress, CancellationToken.None).WaitAsync(_patience, TimeProvider.System);
        }
        catch (Exception)
        {
            // The process ends in any case.
            return [];
        }
    }

    [LoggerMessage(6103, LogLevel.Critical,
        "This node {Name} was voted out of the cluster by {Voters} and ends with exit code 3; its supervisor starts it again")]
    private static partial void LogVotedOut(ILogger logger, string name, string voters);

    [LoggerMessage(6104, LogLevel.Critical, "This node {Name} cannot go on and ends with exit code 3; its supervisor starts it again: {Reason}")]
    private static partial void LogEnds(ILogger logger, string name, string reason);
}
