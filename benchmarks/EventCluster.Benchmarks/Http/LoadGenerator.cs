using System.Net;
using EventCluster.Benchmarks.Running;
using EventCluster.Benchmarks.Subjects;

namespace EventCluster.Benchmarks.Http;

/// <summary>Drives N append connections for one round and counts what was acknowledged in its measured part.</summary>
public sealed class LoadGenerator
{
    private const int Warming = 0;
    private const int Measuring = 1;
    private const int Stopping = 2;

    private int _phase;

    /// <summary>True while acknowledgements count.</summary>
    public bool IsMeasuring => _phase == Measuring;

    /// <summary>True when connections must end.</summary>
    public bool IsStopping => _phase == Stopping;

    /// <summary>Runs one round.</summary>
    /// <param name="server">Where to.</param>
    /// <param name="targets">The streams; connection i starts at the i-th and walks on.</param>
    /// <param name="connections">How many at once, each with one request outstanding.</param>
    /// <param name="warmUp">What is run before.</param>
    /// <param name="duration">The measured part.</param>
    /// <param name="serverProcesses">Whose processor time is compared with the generator's.</param>
    public static async Task<LoadResult> RunAsync(
        IPEndPoint server, IReadOnlyList<AppendTarget> targets, int connections, TimeSpan warmUp, TimeSpan duration, ProcessTree serverProcesses)
    {
        var generator = new LoadGenerator();
        var loads = Enumerable.Range(0, connections).Select(i => new AppendConnection(generator, targets, i)).ToArray();
        var running = loads.Select(load => load.RunAsync(server)).ToArray();
        await Task.Delay(warmUp, TimeProvider.System);

        var usage = new Usage(serverProcesses);
        generator._phase = Measuring;
        await Task.WhenAny(MeasureTime.PassAsync(duration, () => Array.Exists(loads, load => load.Latencies.Count > 0)), Task.WhenAll(running));
        generator._phase = Stopping;
        var latencies = new LatencyHistogram();
        Array.ForEach(loads, load => latencies.Add(load.Latencies));
        var used = usage.Stop(latencies.Count);
        await Task.WhenAll(running);
        return new LoadResult(latencies, used.PerSecond, used.MicrosecondsEach, used.BytesEach, used.GeneratorShare);
    }
}
