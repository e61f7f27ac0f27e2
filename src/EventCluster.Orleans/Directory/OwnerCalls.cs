using EventCluster.Abstractions.Streams;
using Microsoft.Extensions.Logging;

namespace EventCluster.Orleans.Directory;

/// <summary>
/// Calls to owners: each attempt under its own timeout, repeated after a pause while the owner moves, its silo dies or the
/// store does not answer, until the time is up.
/// </summary>
internal sealed partial class OwnerCalls(
    OrleansStreamDirectoryOptions options, TimeProvider time, Random random, ILogger logger, GatewayLoss? loss) : IDisposable
{
    private readonly CancellationTokenSource _stopping = new();

    /// <summary>Fires when the directory stops: nothing is repeated any more.</summary>
    public CancellationToken Stopping => _stopping.Token;

    /// <summary>The directory stops.</summary>
    public bool IsStopping => _stopping.IsCancellationRequested;

    /// <summary>Ends all waits.</summary>
    public void Stop() => _stopping.Cancel();

    /// <summary>Calls until there is an answer other than "not now, but soon".</summary>
    /// <param name="stream">The stream, for the log.</param>
    /// <param name="attempt">One attempt; is told whether an earlier one may have happened, and gets a token that fires when it took too long.</param>
    /// <param name="reasonOf">Why an answer is "not now"; null for all other answers.</param>
    /// <param name="unavailable">Makes the family's "not now".</param>
    /// <param name="wait">How long the owner may wait before it answers.</param>
    /// <param name="cancellationToken">The caller gave up.</param>
    /// <returns>The answer, and whether an earlier attempt may have happened without one.</returns>
    public async ValueTask<(T Answer, bool IsUnsure)> CallAsync<T>(
        string stream,
        Func<bool, CancellationToken, Task<T>> attempt,
        Func<T, UnavailableReason?> reasonOf,
        Func<UnavailableReason, string, T> unavailable,
        TimeSpan wait,
        CancellationToken cancellationToken)
    {
        var retry = StartRetry();
        if (wait == TimeSpan.Zero)
        {
            // Also a first attempt that takes long counts.
            retry.FailedAt = time.GetTimestamp();
        }

        while (true)
        {
            var (answer, reason) = await TryAsync(
                stream,
                ending => attempt(retry.IsUnsure, ending),
                reasonOf,
                unavailable,
                new Attempt(options.CallAttemptTimeout + wait, retry.Attempts, EndsEarly: true),
                cancellationToken);
            if (reason is not (UnavailableReason.Moved or UnavailableReason.OutcomeUnknown))
            {
                return (answer, retry.IsUnsure);
            }

            retry.IsUnsure |= reason == UnavailableReason.OutcomeUnknown;
            if (!await PauseAsync(retry, cancellationToken))
            {
                return (retry.IsUnsure && reason == UnavailableReason.Moved
                    ? unavailable(UnavailableReason.OutcomeUnknown, UnknownDetail)
                    : answer, retry.IsUnsure);
            }
        }
    }

    /// <summary>One attempt; a failure of the way is answered as an unknown outcome.</summary>
    public async ValueTask<(T Answer, UnavailableReason? Reason)> TryAsync<T>(
        string stream,
        Func<CancellationToken, Task<T>> call,
        Func<T, UnavailableReason?> reasonOf,
        Func<UnavailableReason, string, T> unavailable,
        Attempt limits,
        CancellationToken cancellationToken)
    {
        if (IsStopping)
        {
            return (unavailable(UnavailableReason.Moved, StoppingDetail), UnavailableReason.Moved);
        }

        using var ending = limits.EndsEarly
            ? CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _stopping.Token, loss?.Next ?? CancellationToken.None)
            : CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using var late = time.CreateTimer(
            static state => ((CancellationTokenSource)state!).Cancel(), ending, limits.Timeout, Timeout.InfiniteTimeSpan);
        try
        {
            var answer = await call(ending.Token).WaitAsync(ending.Token);
            return (answer, reasonOf(answer));
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            throw;
        }
        catch (OperationCanceledException) when (IsStopping)
        {
            // It was on its way.
            return (unavailable(UnavailableReason.OutcomeUnknown, StoppingDetail), UnavailableReason.OutcomeUnknown);
        }
        catch (Exception e) when (e is not (ArgumentException or Abstractions.Store.LogDamagedException))
        {
            if (limits.Before == 0)
            {
                LogAttemptFailed(logger, stream, e.GetType().Name, e.Message);
            }

            return (unavailable(UnavailableReason.OutcomeUnknown, UnknownDetail), UnavailableReason.OutcomeUnknown);
        }
    }

    /// <summary>Starts to count attempts.</summary>
    public static Retry StartRetry() => new();

    /// <summary>Pauses before the next attempt; false when the time is up.</summary>
    public async ValueTask<bool> PauseAsync(Retry retry, CancellationToken cancellationToken)
    {
        // A read may have waited for long before its owner left: only the time since the first failure counts.
        retry.FailedAt ??= time.GetTimestamp();
        if (IsStopping || time.GetElapsedTime(retry.FailedAt.Value) >= options.RetryFor)
        {
            return false;
        }

        var doubled = options.FirstRetryDelay * Math.Pow(2, Math.Min(retry.Attempts++, 16));
        var delay = doubled < options.LongestRetryDelay ? doubled : options.LongestRetryDelay;
        double jitter;
        lock (random)
        {
            jitter = random.NextDouble();
        }

        try
        {
            using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _stopping.Token);
            await Task.Delay(delay * (0.5 + (jitter / 2)), time, ending.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return false;
        }

        return true;
    }

    /// <inheritdoc />
    public void Dispose() => _stopping.Dispose();

    /// <summary>The attempts of one call.</summary>
    public sealed class Retry
    {
        /// <summary>When the first attempt failed.</summary>
        public long? FailedAt { get; set; }

        /// <summary>Attempts that failed.</summary>
        public int Attempts { get; set; }

        /// <summary>An attempt ended without an answer: it may have happened.</summary>
        public bool IsUnsure { get; set; }
    }
}
