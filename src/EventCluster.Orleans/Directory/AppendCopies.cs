using EventCluster.Abstractions.Streams;
using EventCluster.Orleans.Client;

namespace EventCluster.Orleans.Directory;

/// <summary>
/// Append calls of a client of the cluster. One that has no answer is sent again beside the first, and the first answer
/// counts: a gateway that died, left or hangs gives none. All copies carry the same stamps, so one remains.
/// </summary>
/// <param name="after">Least time without an answer.</param>
/// <param name="loss">A lost gateway ends the patience.</param>
/// <param name="time">The clock.</param>
internal sealed class AppendCopies(TimeSpan after, GatewayLoss loss, TimeProvider time)
{
    /// <summary>Sent at once: each copy takes the next gateway, so one of two passes by a gateway that hangs.</summary>
    private const int CopiesAtOnce = 2;

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
        Send(1);
        while (true)
        {
            var lost = loss.Next;
            if (!await HasAnswerAsync(copies, lost, ending))
            {
                copied();
                Send(CopiesAtOnce);
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
        List<(Task<AppendOutcome[]> Answer, long SentAt)> copies, CancellationToken lost, CancellationToken ending)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(lost, ending);
        var patience = Task.Delay(Patience, time, either.Token);
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
