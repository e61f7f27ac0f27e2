using EventCluster.Abstractions.Streams;

namespace EventCluster.Orleans.Directory;

/// <summary>
/// Append calls. One that has no answer is sent again beside the first, and the first answer counts: a gateway that died,
/// left or hangs gives none, nor does a silo that a call was passed on to. All copies carry the same stamps, so one remains.
/// </summary>
/// <param name="after">Least time without an answer.</param>
/// <param name="loss">A lost gateway ends the patience; null between silos, where there is none.</param>
/// <param name="time">The clock.</param>
internal sealed class AppendCopies(TimeSpan after, GatewayLoss? loss, TimeProvider time)
{
    /// <summary>Copies of one attempt, the first included: a store that does not answer must not drown in them.</summary>
    private const int MostCopies = 17;

    /// <summary>Sent at once by a client: each copy takes the next gateway, so one of two passes by a gateway that hangs.</summary>
    private readonly int _copiesAtOnce = loss is null ? 1 : 2;

    /// <summary>Answers that the typical time is an average of.</summary>
    private const int Memory = 8;

    private long _typicalTicks;

    /// <summary>After this time without an answer copies are sent. When all answers are slow, copies would only add to the load.</summary>
    private TimeSpan Patience
    {
        get
        {
            var typical = TimeSpan.FromTicks(2 * Volatile.Read(ref _typicalTicks));
            return typical > after ? typical : after;
        }
    }

    /// <summary>Calls until one copy has an answer or all have failed.</summary>
    /// <param name="call">Sends one copy.</param>
    /// <param name="copied">More than one is on its way from now on: what any of them answers, another one may have done more.</param>
    /// <param name="ending">No more copies; the attempt is over.</param>
    public async Task<AppendOutcome[]> CallAsync(
        Func<Task<AppendOutcome[]>> call, Action copied, CancellationToken ending)
    {
        var copies = new List<(Task<AppendOutcome[]> Answer, long SentAt)>();
        var sent = 0;
        Send(1);
        while (true)
        {
            if (!await HasAnswerAsync(copies, mayCopy: sent < MostCopies, ending))
            {
                copied();
                Send(_copiesAtOnce);
                continue;
            }

            var (answer, sentAt) = copies.First(copy => copy.Answer.IsCompleted);
            if (answer.IsCompletedSuccessfully || copies.Count == 1)
            {
                Note(time.GetElapsedTime(sentAt));
                return await answer;
            }

            // A copy that failed on its way says nothing about the others.
            copies.Remove((answer, sentAt));
        }

        void Send(int count)
        {
            for (var i = 0; i < count; i++)
            {
                sent++;
                var sentAt = time.GetTimestamp();
                var answer = call();
                copies.Add((answer, sentAt));

                // Nobody looks at the copies that are left behind.
                _ = answer.ContinueWith(
                    static left => _ = left.Exception, CancellationToken.None,
                    TaskContinuationOptions.OnlyOnFaulted | TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
            }
        }
    }

    private async Task<bool> HasAnswerAsync(
        List<(Task<AppendOutcome[]> Answer, long SentAt)> copies, bool mayCopy, CancellationToken ending)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(
            mayCopy && loss is not null ? loss.Next : CancellationToken.None, ending);
        var patience = Task.Delay(mayCopy ? Patience : Timeout.InfiniteTimeSpan, time, either.Token);
        var first = await Task.WhenAny([.. copies.Select(copy => copy.Answer), patience]);
        await either.CancelAsync();
        ending.ThrowIfCancellationRequested();
        return first != patience;
    }

    private void Note(TimeSpan took)
    {
        var typical = Volatile.Read(ref _typicalTicks);
        Volatile.Write(ref _typicalTicks, typical + ((took.Ticks - typical) / Memory));
    }
}
