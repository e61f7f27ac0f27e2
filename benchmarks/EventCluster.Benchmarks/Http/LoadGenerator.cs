using System.Diagnostics;
using System.Net;
using EventCluster.Benchmarks.Running;

namespace EventCluster.Benchmarks.Http;

/// <summary>Drives N append connections for one round and counts what was acknowledged in its measured part.</summary>
public sealed class LoadGenerator
{
    /// <summary>Makes socket continuations run on the polling thread.</summary>
    public const string InlineCompletions = "DOTNET_SYSTEM_NET_SOCKETS_INLINE_COMPLETIONS";

    private const int Warming = 0;
    private const int Measuring = 1;
    private const int Stopping = 2;

    private int _phase;

    /// <summary>True while acknowledgements count.</summary>
    public bool IsMeasuring => Volatile.Read(ref _phase) == Measuring;

    /// <summary>True when connections must end.</summary>
    public bool IsStopping => Volatile.Read(ref _phase) == Stopping;

    /// <summary>Runs one round.</summary>
    /// <param name="server">Where to.</param>
    /// <param name="targets">The streams; connection i starts at the i-th and walks on.</param>
    /// <param name="connections">How many at once, each with one request outstanding.</param>
    /// <param name="duration">The measured part; a fifth of it is run before, to warm up.</param>
    /// <param name="serverProcess">Whose processor time is compared with the generator's.</param>
    public static async Task<LoadResult> RunAsync(
        IPEndPoint server, IReadOnlyList<AppendTarget> targets, int connections, TimeSpan duration, Process serverProcess)
    {
        var generator = new LoadGenerator();
        var loads = Enumerable.Range(0, connections).Select(i => new AppendConnection(generator, targets, i)).ToArray();
        var running = loads.Select(load => load.RunAsync(server)).ToArray();
        await Task.Delay(duration / 5, TimeProvider.System);

        using var self = Process.GetCurrentProcess();
        var (selfBefore, serverBefore) = (ProcessorTime(self), ProcessorTime(serverProcess));
        var start = Stopwatch.GetTimestamp();
        Volatile.Write(ref generator._phase, Measuring);
        await Task.WhenAny(MeasureTime.PassAsync(duration, () => Array.Exists(loads, load => load.Latencies.Count > 0)), Task.WhenAll(running));
        Volatile.Write(ref generator._phase, Stopping);
        var elapsed = Stopwatch.GetElapsedTime(start);
        var (selfUsed, serverUsed) = (ProcessorTime(self) - selfBefore, ProcessorTime(serverProcess) - serverBefore);
        await Task.WhenAll(running);

        var latencies = new LatencyHistogram();
        Array.ForEach(loads, load => latencies.Add(load.Latencies));
        return new LoadResult(latencies, elapsed, selfUsed / (selfUsed + serverUsed), serverUsed);
    }

    private static TimeSpan ProcessorTime(Process process)
    {
        process.Refresh();
        return process.TotalProcessorTime;
    }
}
