using System.Diagnostics;

namespace EventCluster.Benchmarks.Running;

/// <summary>N callers, each with one operation outstanding, for a time.</summary>
public static class ClosedLoop
{
    /// <summary>Runs and counts; a fifth of the time is run before, to warm up.</summary>
    /// <param name="callers">How many.</param>
    /// <param name="duration">The measured part.</param>
    /// <param name="operation">One operation of the caller with the given number.</param>
    public static async Task<IReadOnlyList<Figure>> RunAsync(int callers, TimeSpan duration, Func<int, ValueTask> operation)
    {
        var phase = 0;
        var histograms = Enumerable.Range(0, callers).Select(_ => new LatencyHistogram()).ToArray();
        var running = Enumerable.Range(0, callers).Select(caller => Task.Run(async () =>
        {
            while (Volatile.Read(ref phase) < 2)
            {
                var begun = Stopwatch.GetTimestamp();
                await operation(caller);
                if (Volatile.Read(ref phase) == 1)
                {
                    histograms[caller].Record(Stopwatch.GetTimestamp() - begun);
                }
            }
        })).ToArray();
        await Task.Delay(duration / 5, TimeProvider.System);
        Volatile.Write(ref phase, 1);
        var start = Stopwatch.GetTimestamp();
        await MeasureTime.PassAsync(duration, () => Array.Exists(histograms, h => h.Count > 0));
        Volatile.Write(ref phase, 2);
        var elapsed = Stopwatch.GetElapsedTime(start);
        await Task.WhenAll(running);

        var all = new LatencyHistogram();
        Array.ForEach(histograms, all.Add);
        return
        [
            new("per second", all.Count / elapsed.TotalSeconds),
            new("p50 ms", all.Percentile(0.5) * 1000.0 / Stopwatch.Frequency),
            new("p99 ms", all.Percentile(0.99) * 1000.0 / Stopwatch.Frequency),
        ];
    }
}
