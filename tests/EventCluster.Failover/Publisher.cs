using EventCluster.TestKit.History;

namespace EventCluster.Failover;

/// <summary>Writes one stream at a steady pace; every append is sent until it is acknowledged.</summary>
internal sealed class Publisher(
    IAppendPort port, string stream, string name, HistoryRecorder history, StallBook stalls, Random random, TimeProvider time)
{
    private const int MaxEvents = 3;
    private static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan RetryDelay = TimeSpan.FromMilliseconds(20);

    /// <summary>Writes until told to stop; the append under way is finished.</summary>
    public async Task RunAsync(Func<bool> isStopping, CancellationToken cancellationToken)
    {
        for (var number = 0L; !isStopping(); number++)
        {
            string[] payloads = [.. Enumerable.Range(0, 1 + random.Next(MaxEvents)).Select(i => $"\"{name}/{number}/{i}\"")];
            var append = new ProducedAppend(stream, name, number, payloads);
            history.Attempt(stream, name, number, payloads);
            stalls.Begin(stream);
            await SendAsync(append, cancellationToken);
            stalls.End(stream);
            await Task.Delay(Pace, time, cancellationToken);
        }
    }

    private async Task SendAsync(ProducedAppend append, CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                var next = await port.TryAppendAsync(append, cancellationToken);
                history.Acknowledge(stream, name, append.Number, next);
                return;
            }
            catch (AppendRetryException)
            {
                await Task.Delay(RetryDelay, time, cancellationToken);
            }
        }
    }
}
