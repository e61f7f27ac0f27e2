using System.Collections.Concurrent;
using EventCluster.Protocol;
using EventCluster.TestKit.History;

namespace EventCluster.Failover.Claims;

/// <summary>
/// Streams that nobody writes but faults that have a reason to: no reply of an append tells a node that its tail is old. Their
/// appends are those of one idempotent producer. Safe to use from many threads.
/// </summary>
internal sealed class QuietStreams(IReadOnlyDictionary<string, StreamOffset> created, HistoryRecorder history, TimeProvider time)
{
    private const string Producer = "elsewhere";
    private static readonly TimeSpan RetryDelay = TimeSpan.FromMilliseconds(20);

    private readonly ConcurrentDictionary<string, SemaphoreSlim> _turns = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, long> _next = new(StringComparer.Ordinal);

    /// <summary>The streams, with where they were when they were created.</summary>
    public IReadOnlyDictionary<string, StreamOffset> Created => created;

    /// <summary>Appends one event, and repeats that until it is acknowledged.</summary>
    public async Task AppendAsync(string stream, IAppendPort port, CancellationToken cancellationToken)
    {
        var turn = _turns.GetOrAdd(stream, static _ => new SemaphoreSlim(1));
        await turn.WaitAsync(cancellationToken);
        try
        {
            var number = _next.AddOrUpdate(stream, 0, static (_, last) => last + 1);
            string[] payloads = [$"\"{Producer}/{number}\""];
            history.Attempt(stream, Producer, number, payloads);
            var next = await SendAsync(new ProducedAppend(stream, Producer, number, payloads), port, cancellationToken);
            history.Acknowledge(stream, Producer, number, next);
        }
        finally
        {
            turn.Release();
        }
    }

    private async Task<StreamOffset?> SendAsync(ProducedAppend append, IAppendPort port, CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                return await port.TryAppendAsync(append, cancellationToken);
            }
            catch (AppendRetryException)
            {
                await Task.Delay(RetryDelay, time, cancellationToken);
            }
        }
    }
}
