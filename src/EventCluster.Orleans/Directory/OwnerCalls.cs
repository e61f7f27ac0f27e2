using EventCluster.Abstractions.Streams;
using Microsoft.Extensions.Logging;

namespace EventCluster.Orleans.Directory;

/// <summary>
/// Calls to owners: each attempt under its own timeout, repeated after a pause while the owner moves, its silo dies or the
/// store does not answer, until the time is up. Attempts, pauses and what came before them for the same answer take
/// <see cref="OrleansStreamDirectoryOptions.RetryFor"/> together, besides waits that were asked for.
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
    /// <param name="attempt">One attempt; is told what came before it, and gets a token that fires when it took too long.</param>
    /// <param name="reasonOf">Why an answer is "not now"; null for all other answers.</param>
    /// <param name="unavailable">Makes the family's "not now".</param>
    /// <param name="wait">How long the owner may wait before it answers; what earlier attempts took is taken off.</param>
    /// <param name="answerTime">The time of the answer that the call is for; null when it is for nothing else.</param>
    /// <param name="cancellationToken">The caller gave up.</param>
    /// <returns>The answer, and whether an earlier attempt may have happened without one.</returns>
    public async ValueTask<(T Answer, bool IsUnsure)> CallAsync<T>(
        string stream,
        Func<Retry, CancellationToken, Task<T>> attempt,
        Func<T, UnavailableReason?> reasonOf,
        Func<UnavailableReason, string, T> unavailable,
        TimeSpan wait,
        AnswerTime? answerTime,
        CancellationToken cancellationToken)
    {
        var began = time.GetTimestamp();
        var retry = StartRetry(answerTime ?? new AnswerTime(time, began));
        if (retry.Left == TimeSpan.Zero)
        {
            // Earlier calls for the same answer took it all: nothing is begun that could not end in time.
            return (unavailable(UnavailableReason.Moved, NotAnsweredDetail), false);
        }

        while (true)
        {
            var sentAt = time.GetTimestamp();
            var passed = retry.Attempts == 0 ? TimeSpan.Zero : time.GetElapsedTime(began, sentAt);
            retry.Wait = wait > passed ? wait - passed : TimeSpan.Zero;
            var (answer, reason) = await TryAsync(
                stream,
                ending => attempt(retry, ending),
                reasonOf,
                unavailable,
                new Attempt(retry.Wait + Min(options.CallAttemptTimeout, retry.Left), retry.Attempts, EndsEarly: true),
                cancellationToken);
            retry.Answer.Waited(Min(time.GetElapsedTime(sentAt), retry.Wait));
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
    /// <param name="answer">The time of the answer that they are for.</param>
    public Retry StartRetry(AnswerTime answer) => new(answer, options.RetryFor);

    /// <summary>Pauses before the next attempt; false when the time is up.</summary>
    public async ValueTask<bool> PauseAsync(Retry retry, CancellationToken cancellationToken)
    {
        if (IsStopping || retry.Left == TimeSpan.Zero)
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
            await Task.Delay(Min(delay * (0.5 + (jitter / 2)), retry.Left), time, ending.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return false;
        }

        return retry.Left > TimeSpan.Zero;
    }

    /// <inheritdoc />
    public void Dispose() => _stopping.Dispose();

    private static TimeSpan Min(TimeSpan a, TimeSpan b) => a < b ? a : b;

    /// <summary>The attempts of one call.</summary>
    /// <param name="answer">The time of the answer that they are for.</param>
    /// <param name="retryFor">What they and all before them for the same answer may take.</param>
    public sealed class Retry(AnswerTime answer, TimeSpan retryFor)
    {
        /// <summary>The time of the answer that they are for.</summary>
        public AnswerTime Answer => answer;

        /// <summary>What is left of it, besides waits.</summary>
        public TimeSpan Left => answer.Left(retryFor);

        /// <summary>How long the owner may wait in the next attempt.</summary>
        public TimeSpan Wait { get; set; }

        /// <summary>Attempts that failed.</summary>
        public int Attempts { get; set; }

        /// <summary>An attempt ended without an answer: it may have happened.</summary>
        public bool IsUnsure { get; set; }
    }
}
